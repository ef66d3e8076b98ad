import { UsageError } from "./command-line.ts";
import type { OutgoingMessage } from "../announce/mqtt/message.ts";
import { clearMqtt, planMqtt, type MqttCommandTools } from "../mqtt-commands.ts";

export interface MqttCommandOptions extends MqttCommandTools {
  readonly action: "dry-run" | "clear";
  /** One JSON object a line. */
  readonly json: boolean;
  /** Where the output goes. */
  readonly write: (text: string) => void;
  /** Where remarks go. */
  readonly remark: (text: string) => void;
}

/** `sightline mqtt`: prints what would be published, or takes everything of ours from the broker. Answers with the exit status. */
export async function runMqttCommand(options: MqttCommandOptions): Promise<number> {
  if (options.action === "dry-run") await dryRun(options);
  else await clear(options);
  return 0;
}

async function dryRun(options: MqttCommandOptions): Promise<void> {
  const { json, write, remark, config } = options;
  const { messages, isIdKept } = await planMqtt(options);
  for (const message of messages) write(json ? formatJson(message) : formatText(message));
  if (!isIdKept) remark(`The identifiers are made up: the first start keeps its own in ${config.dataDir}.\n`);
  remark(`Pictures (…/image, …/snapshot) are not shown: no camera was opened for one.\n`);
}

function formatText({ topic, qos, retain, payload }: OutgoingMessage): string {
  const how = [`QoS ${qos}`, ...(retain ? ["retained"] : [])].join(", ");
  return `${topic}  (${how})\n${payload.toString()}\n\n`;
}

function formatJson({ topic, qos, retain, payload }: OutgoingMessage): string {
  return `${JSON.stringify({ topic, qos, retain, payload: payload.toString() })}\n`;
}

async function clear(options: MqttCommandOptions): Promise<void> {
  const { json, write, remark, config } = options;
  if (config.mqtt.url === undefined) {
    throw new UsageError("mqtt --clear needs a broker: set mqtt.url, or add --set mqtt.url=mqtt://HOST");
  }
  const { topics, isInUse } = await clearMqtt(options);
  for (const topic of topics) write(json ? `${JSON.stringify({ topic })}\n` : `${topic}\n`);
  remark(
    topics.length === 0
      ? "The broker keeps nothing of ours.\n"
      : `Removed: ${topics.length} messages that the broker kept.\n`,
  );
  if (isInUse) {
    remark(
      `A Sightline is still connected (${config.mqtt.baseTopic}/status was online): stop it first, or it announces itself again.\n`,
    );
  }
}
