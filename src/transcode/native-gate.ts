/** Bits of the shared word. */
const INSIDE = 1;
const SHUT = 2;

/**
 * Whether a worker is inside of native code, and whether it may still go there; both threads have one, on the same memory.
 * For a thread that is terminated inside of an addon takes the process along: from then on Node refuses every call the
 * addon makes, and node-addon-api throws about that where nobody catches.
 */
export class NativeGate {
  /** To be handed to the other thread. */
  readonly memory: SharedArrayBuffer;
  readonly #state: Int32Array;

  constructor(memory = new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT)) {
    this.memory = memory;
    this.#state = new Int32Array(memory);
  }

  /** The worker asks before it calls native code; false: it must not, for it is about to be ended. */
  enter(): boolean {
    return Atomics.compareExchange(this.#state, 0, 0, INSIDE) === 0;
  }

  /** The worker is back from native code. */
  leave(): void {
    Atomics.and(this.#state, 0, ~INSIDE);
  }

  /** Nobody enters any more, for good. */
  shut(): void {
    Atomics.or(this.#state, 0, SHUT);
  }

  /** Whether the worker is in native code right now. */
  get isInside(): boolean {
    return (Atomics.load(this.#state, 0) & INSIDE) !== 0;
  }
}
