import type { MqttClient } from "mqtt";
import { createConnectOptions, type ConnectWishes } from "./connect-options.ts";
import { explainFailure, type LinkFailure } from "./explain-mqtt.ts";
import type { IncomingMessage } from "./message.ts";
import { MqttSession, toIncoming } from "./mqtt-session.ts";

/** What happens on one connection. None of these may throw. */
export interface ConnectionEvents {
  /** Before anything else; may end the client at any time. */
  began(client: MqttClient): void;
  connected(session: MqttSession): void;
  message(message: IncomingMessage): void;
  /** Only after `connected`. */
  disconnected(): void;
}

/** Connects to `broker` (without credentials) and resolves with the reason when the connection has failed or ended. */
export async function connectOnce(
  broker: string,
  wishes: ConnectWishes,
  events: ConnectionEvents,
): Promise<LinkFailure> {
  try {
    const options = await createConnectOptions(wishes);
    const { connect } = await import("mqtt");
    const client = connect(broker, options);
    events.began(client);
    return await follow(client, wishes.protocolVersion, events);
  } catch (error) {
    // Certificates that cannot be read or used.
    return { kind: "refused", reason: `cannot be connected to: ${error instanceof Error ? error.message : "?"}` };
  }
}

function follow(client: MqttClient, protocolVersion: 4 | 5, events: ConnectionEvents): Promise<LinkFailure> {
  let failure: LinkFailure | undefined;
  let isConnected = false;
  client.on("error", (error) => (failure ??= explainFailure(error)));
  client.on("disconnect", ({ reasonCode = 0 }) => {
    failure ??= explainFailure(Object.assign(new Error("disconnected"), { code: reasonCode }));
  });
  client.on("connect", (packet) => {
    isConnected = true;
    events.connected(new MqttSession(client, protocolVersion, packet));
  });
  client.on("message", (topic, payload, packet) => events.message(toIncoming(topic, payload, packet)));
  return new Promise((resolve) => {
    client.once("close", () => {
      if (isConnected) events.disconnected();
      client.end(true);
      if (failure && failure.reason !== hungUp) resolve(failure);
      else if (isConnected) resolve({ kind: "unreachable", reason: hungUp });
      // A broker that knows no MQTT 5 may say so, or just hang up.
      else resolve({ kind: "version", reason: noAnswer });
    });
  });
}

const hungUp = "closed the connection";
const noAnswer = `${hungUp} without an answer: is the port right, and is it one for mqtt:// or for mqtts://?`;
