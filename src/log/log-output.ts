/** Somewhere lines can be written without waiting. */
export interface LogOutput {
  /** Whether a person looks at it. */
  readonly isTerminal: boolean;
  write(line: string): void;
  /** Writes out what is buffered, at once, as far as the other end takes it. */
  flush(): void;
  /** Writes out what is buffered within half a second and takes no more; idempotent. */
  close(): Promise<void>;
}

/** As much may wait for a reader that does not read; after that lines are dropped, so that a stuck pipe costs no memory. */
export const maxBufferedBytes = 1_000_000;

/** Longest wait for the last lines to be taken; a stuck reader must not keep the process from ending. */
export const closeDeadlineMs = 500;
