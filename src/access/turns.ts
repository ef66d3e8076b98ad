import { PasswordsBusyError } from "./password-refusals.ts";

/** Who waits for a turn. Those of a higher rank are served first: `own` work, then addresses that are `known`, then `others`. */
export interface Asker {
  readonly rank: "own" | "known" | "others";
  /** Who asks with the same name waits in the same line. */
  readonly who: string;
}

/** Gives out turns, `atOnce` at a time; the lines of one rank are served by turns, so that none waits for the length of another. */
export class Turns {
  readonly #atOnce: number;
  /** By rank, the first to be served first. */
  readonly #lines: Readonly<Record<Asker["rank"], Lines>> = {
    own: new Lines(1, 16),
    known: new Lines(64, 2),
    others: new Lines(64, 2),
  };
  #running = 0;

  constructor(atOnce: number) {
    this.#atOnce = atOnce;
  }

  /** Waits for a turn, which {@link end} ends. Throws PasswordsBusyError where the line, or the room for lines, is full. */
  async take({ rank, who }: Asker): Promise<void> {
    if (this.#running < this.#atOnce) {
      this.#running += 1;
      return;
    }
    await new Promise<void>((resolve, reject) => {
      if (!this.#lines[rank].join(who, resolve)) reject(new PasswordsBusyError());
    });
  }

  /** Gives the turn to the next. */
  end(): void {
    const { own, known, others } = this.#lines;
    const next = own.next() ?? known.next() ?? others.next();
    if (next) next();
    else this.#running -= 1;
  }
}

class Lines {
  readonly #maxLines: number;
  readonly #maxInLine: number;
  /** None is empty; the one to be served next comes first. */
  readonly #lines = new Map<string, readonly (() => void)[]>();

  constructor(maxLines: number, maxInLine: number) {
    this.#maxLines = maxLines;
    this.#maxInLine = maxInLine;
  }

  /** False: there is no room. */
  join(who: string, call: () => void): boolean {
    const line = this.#lines.get(who);
    const hasRoom = line ? line.length < this.#maxInLine : this.#lines.size < this.#maxLines;
    if (hasRoom) this.#lines.set(who, [...(line ?? []), call]);
    return hasRoom;
  }

  /** Takes the first of the line whose turn it is; that line is the last one then. */
  next(): (() => void) | undefined {
    const [entry] = this.#lines;
    if (!entry) return undefined;
    const [who, [call, ...others]] = entry;
    this.#lines.delete(who);
    if (others.length > 0) this.#lines.set(who, others);
    return call;
  }
}
