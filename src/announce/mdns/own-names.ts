import { sameName, toHostName, toInstanceName } from "./names.ts";

/** The names we go by. A name found to be free stays ours, through every change of the network, until it is contested. */
export class OwnNames {
  readonly #name: string;
  readonly #id: string;
  #instanceAttempt = 1;
  #hostAttempt = 1;

  constructor(name: string, id: string) {
    this.#name = name;
    this.#id = id;
  }

  get instance(): string {
    return toInstanceName(this.#name, this.#instanceAttempt);
  }

  get host(): string {
    return toHostName(this.#id, this.#hostAttempt);
  }

  /** Somebody else has this one: takes the next. False when it is not ours (any more). */
  leave(contested: string): boolean {
    const isHost = sameName(contested, this.host);
    const isInstance = !isHost && sameName(contested.split(".", 1)[0] ?? "", this.instance);
    if (isHost) this.#hostAttempt += 1;
    if (isInstance) this.#instanceAttempt += 1;
    return isHost || isInstance;
  }
}
