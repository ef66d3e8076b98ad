import type { Clock } from "../../core/clock.ts";
import type { DeviceError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { Source, SourceSink } from "../source.ts";
import { hideSecrets, secretsIn } from "./command-secrets.ts";
import { explainEnd, explainOutput, explainSpawnError, explainStall } from "./explain-command.ts";
import { MjpegReader } from "./mjpeg-reader.ts";
import { startProcessGroup, type ProcessGroup } from "./process-group.ts";
import { StallWatch } from "../stall-watch.ts";
import { maskCredentials, StderrTail } from "./stderr-tail.ts";

/** What to run and what to expect from it. */
export interface CommandSourceOptions {
  /** The program and its arguments; no shell reads them. */
  readonly command: readonly string[];
  /** Pictures a second that the program was told to write, where that is known. */
  readonly fps?: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** Between SIGTERM and SIGKILL. The whole process has 3 s to end. */
const graceMs = 1500;
/** How long what an ended program left in the pipe is read. */
const drainMs = 300;

/**
 * A program that writes MJPEG to stdout (rpicam-vid, GStreamer, ffmpeg …). It runs in its own process group, which is
 * ended and reaped with the source; what it says on stderr is logged at `debug` and quoted in errors.
 */
export function createCommandSource(options: CommandSourceOptions): Source {
  const { command } = options;
  const secrets = secretsIn(command);
  return {
    origin: maskCredentials(command.map((word) => quoteArgument(hideSecrets(word, secrets))).join(" ")),
    run: (sink, signal) => runCommand(options, sink, signal),
  };
}

async function runCommand(options: CommandSourceOptions, sink: SourceSink, signal: AbortSignal): Promise<void> {
  const { command, clock } = options;
  const [program = ""] = command;
  if (signal.aborted) return;
  let group: ProcessGroup;
  try {
    group = await startProcessGroup(command, clock);
  } catch (error) {
    throw explainSpawnError(program, error as NodeJS.ErrnoException);
  }
  let failure: DeviceError | undefined;
  try {
    failure = await captureUntilOver(options, group, sink, signal);
  } finally {
    await group.stop(graceMs);
  }
  if (failure && !signal.aborted) throw failure;
}

/** Resolves with why capture cannot go on, or with nothing when `signal` aborted. */
function captureUntilOver(
  options: CommandSourceOptions,
  group: ProcessGroup,
  sink: SourceSink,
  signal: AbortSignal,
): Promise<DeviceError | undefined> {
  const { command, clock, log, fps = 0 } = options;
  const [program = ""] = command;
  const said = new StderrTail(secretsIn(command));
  const reader = new MjpegReader(sink, clock, fps);
  return new Promise((resolve) => {
    let over = false;
    const watch = new StallWatch(clock, fps > 0 ? 1000 / fps : 0, (silentMs) => {
      const told = { seconds: silentMs / 1000, bytes: reader.bytes, pictures: reader.pictures };
      finish(() => explainStall(program, told, said.lines()));
    });
    const finish = (explain?: () => DeviceError) => {
      if (over) return;
      over = true;
      watch.stop();
      signal.removeEventListener("abort", abort);
      resolve(explain?.());
    };
    const abort = () => finish();
    signal.addEventListener("abort", abort, { once: true });
    if (signal.aborted) finish();
    group.stderr.on("data", (chunk: Buffer) => {
      for (const line of said.push(chunk)) log.debug({ program }, line);
    });
    group.stdout.on("data", (chunk: Buffer) => {
      if (over) return;
      if (reader.push(chunk) > 0) watch.picture();
      const { foreign } = reader;
      if (foreign) finish(() => explainOutput(program, foreign, said.lines()));
    });
    void group.ended.then(async (end) => {
      await drained(group, clock);
      finish(() => explainEnd(program, end, said.lines()));
    });
  });
}

/** Resolves when both streams were read to their end, which a process left behind by the program may put off. */
function drained(group: ProcessGroup, clock: Clock): Promise<void> {
  return new Promise((resolve) => {
    const streams = [group.stdout, group.stderr];
    const cancel = clock.after(drainMs, resolve);
    const look = () => {
      if (!streams.every((stream) => stream.readableEnded || stream.destroyed)) return;
      cancel();
      resolve();
    };
    for (const stream of streams) stream.once("close", look);
    look();
  });
}

/** As a person would type it; for reading, not for a shell. */
function quoteArgument(argument: string): string {
  return /^[\w./:=,@%+-]+$/.test(argument) ? argument : `'${argument.replaceAll("'", String.raw`'\''`)}'`;
}
