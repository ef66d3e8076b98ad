import { isColorSupported, prettyFactory } from "pino-pretty";

/** A function that turns one line of pino's JSON into one line for people; errors take their stack's lines beside it. */
export function createPrettifier(isTerminal: boolean): (line: string) => string {
  return prettyFactory({
    colorize: isTerminal && isColorSupported,
    translateTime: "SYS:yyyy-mm-dd HH:MM:ss.l",
    ignore: "pid,hostname",
    singleLine: true,
  });
}
