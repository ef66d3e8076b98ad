import { pino, type DestinationStream, type Logger } from "pino";
import type { Log } from "../core/log.ts";
import { openLogFile } from "./log-file.ts";
import { createScrubber, type Scrubber } from "./scrub.ts";
import { DescriptorOutput } from "./descriptor-output.ts";
import type { LogOutput } from "./log-output.ts";

const standardError = 2;

/** How to log; the `log` section of the configuration has this shape. */
export interface LogOptions {
  readonly level: "debug" | "info" | "warn" | "error" | "fatal";
  readonly format: "auto" | "pretty" | "json";
  readonly file?: string;
  /** Size at which a new file is begun. */
  readonly maxBytes: number;
  /** Full files that are kept beside the current one. */
  readonly backups: number;
}

/** What a log needs beside its options. */
export interface LogSurroundings {
  /** Hidden wherever they turn up. */
  readonly secrets?: readonly string[];
  /** Where lines go when not to a file: standard error, unless a test looks on. */
  readonly output?: LogOutput;
}

/** The log of the whole process. */
export interface RootLog extends Log {
  /** Writes out what is buffered, at once. */
  flush(): void;
  /** Writes out what is buffered and closes; idempotent. */
  close(): Promise<void>;
}

/**
 * Opens the log: pretty lines on a terminal, JSON (one object a line, pino's keys, level by name) otherwise. With a file,
 * standard error gets lines only where it is a terminal. Writing never blocks: what cannot be written is dropped once a
 * megabyte waits. Throws StorageError when the file cannot be opened. Pretty printer and file rotation are loaded only where they are used.
 */
export async function createLog(options: LogOptions, surroundings: LogSurroundings = {}): Promise<RootLog> {
  const terminal = surroundings.output ?? new DescriptorOutput(standardError);
  const isPretty = options.format === "pretty" || (options.format === "auto" && terminal.isTerminal);
  const lines = isPretty ? await toPretty(terminal) : terminal;
  const file = await openFile(options, (reason) => {
    createPino(options, lines).error(`the log file cannot be written: ${reason}`);
  });
  const destinations: DestinationStream[] = [];
  if (!file || terminal.isTerminal) destinations.push(lines);
  if (file) destinations.push(options.format === "pretty" ? await toPretty(file) : file);
  const logger = createPino(options, tee(destinations));
  const outputs = file ? [terminal, file] : [terminal];
  return {
    ...wrap(logger, createScrubber(surroundings.secrets ?? [])),
    flush: () => outputs.forEach((output) => output.flush()),
    close: async () => void (await Promise.all(outputs.map((output) => output.close()))),
  };
}

async function openFile(options: LogOptions, onError: (reason: string) => void): Promise<LogOutput | undefined> {
  const { file, maxBytes, backups } = options;
  return file === undefined ? undefined : openLogFile({ file, maxBytes, backups, onError });
}

function createPino({ level }: LogOptions, destination: DestinationStream): Logger {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      // The scrubber has made errors readable already.
      serializers: { err: (value: unknown) => value },
    },
    destination,
  );
}

function wrap(logger: Logger, scrubber: Scrubber): Log {
  function at(level: "debug" | "info" | "warn" | "error"): Log["info"] {
    return (fields, message) => {
      if (logger.isLevelEnabled(level)) logger[level](scrubber.fields(fields), scrubber.text(message));
    };
  }
  return {
    debug: at("debug"),
    info: at("info"),
    warn: at("warn"),
    error: at("error"),
    child: (fields) => wrap(logger.child(scrubber.fields(fields)), scrubber),
  };
}

function tee(destinations: readonly DestinationStream[]): DestinationStream {
  return {
    write(line) {
      for (const destination of destinations) destination.write(line);
    },
  };
}

async function toPretty(output: LogOutput): Promise<DestinationStream> {
  const { createPrettifier } = await import("./pretty.ts");
  const prettify = createPrettifier(output.isTerminal);
  return { write: (line) => output.write(prettify(line)) };
}
