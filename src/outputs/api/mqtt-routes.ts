import type { HttpRoute } from "../../protocol/http/route.ts";
import { mqttSchema } from "./api-schemas.ts";

/** The connection to an MQTT broker, as it is shown. */
export interface MqttView {
  readonly state: "connecting" | "connected" | "waiting" | "off";
  /** Without user and password. */
  readonly broker: string;
  readonly protocol: string | undefined;
  /** Wall-clock milliseconds. */
  readonly since: number;
  readonly reason: string;
  readonly connections: number;
  readonly queued: number;
  readonly counts: Readonly<Record<"sent" | "replaced" | "dropped" | "oversize" | "received", number>>;
}

/** `GET /api/mqtt`: whether there is a connection, and why not. `status`: undefined where no broker is configured. */
export function createMqttRoutes(status: () => MqttView | undefined): readonly HttpRoute[] {
  return [
    {
      method: "GET",
      path: "/api/mqtt",
      access: "admin",
      summary: "The connection to the MQTT broker",
      response: { type: "application/json", schema: mqttSchema },
      room: "reserved",
      handle: () => ({ headers: { "Cache-Control": "no-store" }, body: describeMqtt(status()) }),
    },
  ];
}

function describeMqtt(status: MqttView | undefined): object {
  if (!status) return { state: "off", reason: "mqtt.url is not set" };
  return { ...status, protocol: status.protocol ?? null, since: new Date(status.since).toISOString() };
}
