import { ConfigError, DeviceError, formatConfigProblem, ProtocolError } from "../../core/errors.ts";
import type { Log } from "../../core/log.ts";
import type { CameraFeed } from "../../hub/camera-feed.ts";
import { toControlValues } from "./control-values.ts";
import type { IncomingMessage } from "./message.ts";
import { OneAtATime } from "./one-at-a-time.ts";
import type { Command } from "./parse-command.ts";
import type { CameraPorts } from "./ports.ts";
import type { Snapshots } from "./snapshots.ts";

export interface CommandRunnerOptions {
  readonly feed: CameraFeed;
  readonly ports: CameraPorts;
  readonly snapshots: Snapshots;
  readonly log: Log;
  /** What was asked for was refused: the controls are as they were. */
  readonly onControlsRefused: () => void;
}

/** More than anybody presses; a flood beyond it is refused. */
const maxWaiting = 32;

/** Does what one camera is told to, one command after the other. */
export class CommandRunner {
  readonly #options: CommandRunnerOptions;
  readonly #turns = new OneAtATime();
  readonly #end = new AbortController();
  #waiting = 0;

  constructor(options: CommandRunnerOptions) {
    this.#options = options;
  }

  /** What is under way ends, what waits is forgotten. */
  stop(): void {
    this.#end.abort(new Error("Sightline no longer listens to MQTT"));
  }

  /** Runs the command when it is its turn. Throws ProtocolError when too many wait, or when it makes no sense. */
  run(command: Command, message: IncomingMessage): void {
    if (this.#waiting >= maxWaiting) throw new ProtocolError(`${maxWaiting} commands are waiting already`);
    if (message.responseTopic !== undefined) checkResponseTopic(message.responseTopic);
    this.#waiting += 1;
    void this.#turns.run(async () => {
      try {
        if (!this.#end.signal.aborted) await this.#do(command, message);
      } finally {
        this.#waiting -= 1;
      }
    });
  }

  async #do(command: Command, message: IncomingMessage): Promise<void> {
    const { feed, ports, snapshots } = this.#options;
    switch (command.kind) {
      case "enable":
        ports.switches.turn(feed.id, command.on, "by MQTT");
        return;
      case "restart":
        ports.switches.restart(feed.id);
        return;
      case "snapshot":
        return snapshots.take(message, this.#end.signal);
      case "reset-controls":
        return this.#change(message, async (controls) => void (await controls.toDefaults()));
      case "set-controls":
        return this.#change(message, async (controls) => {
          await controls.set(toControlValues(await controls.list(), command.values));
        });
    }
  }

  async #change(
    { topic }: IncomingMessage,
    change: (controls: NonNullable<ReturnType<CameraPorts["controls"]>>) => Promise<void>,
  ): Promise<void> {
    const { feed, ports, log, onControlsRefused } = this.#options;
    const controls = ports.controls(feed.id);
    try {
      if (!controls) throw new ProtocolError("this camera has no controls");
      await change(controls);
    } catch (error) {
      const isKnown = error instanceof ConfigError || error instanceof DeviceError || error instanceof ProtocolError;
      if (!isKnown) log.error({ err: error }, "an MQTT command failed unexpectedly");
      else log.warn({}, `MQTT command refused: ${topic}: ${describeRefusal(error)}`);
      onControlsRefused();
    }
  }
}

function describeRefusal(error: ConfigError | DeviceError | ProtocolError): string {
  return error instanceof ConfigError ? error.problems.map(formatConfigProblem).join("; ") : error.message;
}

/** A topic to publish on: MQTT 5 section 3.3.2.3.5. */
function checkResponseTopic(topic: string): void {
  if (topic === "" || /[+#\0]/.test(topic) || topic.startsWith("$")) {
    throw new ProtocolError("the response topic is none that can be published on");
  }
}
