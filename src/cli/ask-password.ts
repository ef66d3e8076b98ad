import { createInterface } from "node:readline";
import { Writable, type Readable } from "node:stream";
import { UsageError } from "./command-line.ts";

/** Where a password comes from. */
export interface PasswordSource {
  readonly input: Readable & { readonly isTTY?: boolean };
  /** Where the question goes, when a person is there to be asked. */
  readonly output: Writable;
}

/**
 * Asks for a password: on a terminal twice and without showing it, else the first line of standard input. Undefined when
 * nothing was given. Throws UsageError where the two are not the same, or the person gives up (Ctrl-C).
 */
export async function askPassword(question: string, source: PasswordSource): Promise<string | undefined> {
  if (source.input.isTTY !== true) return readLine(source);
  const first = await askHidden(`${question}: `, source);
  if (first === undefined) return undefined;
  const second = await askHidden("Once more: ", source);
  if (first !== second) throw new UsageError("the two passwords are not the same");
  return first;
}

function readLine({ input }: PasswordSource): Promise<string | undefined> {
  const lines = createInterface({ input, crlfDelay: Infinity });
  return new Promise((resolve) => {
    lines.once("line", (line) => {
      resolve(line === "" ? undefined : line);
      lines.close();
    });
    lines.once("close", () => resolve(undefined));
  });
}

/** readline edits the line as always, but what it would show goes nowhere. */
function askHidden(question: string, { input, output }: PasswordSource): Promise<string | undefined> {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  const lines = createInterface({ input, output: nowhere, terminal: true, historySize: 0 });
  output.write(question);
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      lines.removeAllListeners();
      lines.close();
      output.write("\n");
      finish();
    };
    lines.once("line", (line) => settle(() => resolve(line === "" ? undefined : line)));
    lines.once("close", () => settle(() => resolve(undefined)));
    lines.once("SIGINT", () => settle(() => reject(new UsageError("given up: nothing was changed"))));
  });
}
