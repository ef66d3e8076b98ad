import WebSocket from "ws";
import { until } from "./wait.ts";

const startDeadlineMs = 120_000;

/** What the log-in gave; the access token is good for half an hour. */
export interface HomeAssistantTokens {
  readonly access_token: string;
  readonly refresh_token: string;
  readonly expires_in: number;
}

/** An entity's state, in the words of the REST API. */
export interface EntityState {
  readonly entity_id: string;
  readonly state: string;
  readonly attributes: Readonly<Record<string, unknown>>;
}

/** An entry of the entity registry: the keys that tests read. */
export interface RegisteredEntity {
  readonly entity_id: string;
  readonly unique_id: string;
  readonly platform: string;
  readonly device_id: string | null;
  readonly disabled_by: string | null;
  readonly entity_category: "config" | "diagnostic" | null;
}

/** An entry of the device registry: the keys that tests read. */
export interface RegisteredDevice {
  readonly id: string;
  readonly name: string | null;
  readonly manufacturer: string | null;
  readonly model: string | null;
  readonly sw_version: string | null;
  readonly configuration_url: string | null;
  readonly identifiers: readonly (readonly [domain: string, id: string])[];
  readonly connections: readonly (readonly [type: string, address: string])[];
}

/** A picture as Home Assistant hands it to its page. */
export interface ProxiedPicture {
  readonly status: number;
  readonly type: string | null;
  readonly body: Buffer;
}

interface SocketMessage {
  readonly type: string;
  readonly success?: boolean;
  readonly result?: unknown;
  readonly error?: unknown;
}

/** The client's name for the log-in, as Home Assistant's own page gives it. */
export function clientId(origin: string): string {
  return `${origin}/`;
}

/** Makes the owner's account, which ends the first set-up, and logs in. */
export async function onboard(origin: string): Promise<HomeAssistantTokens> {
  const account = { name: "Owner", username: "owner", password: "owner", language: "en" };
  const { auth_code } = await request<{ auth_code: string }>(origin, undefined, "POST", "/api/onboarding/users", {
    client_id: clientId(origin),
    ...account,
  });
  const response = await fetch(`${origin}/auth/token`, {
    method: "POST",
    body: new URLSearchParams({ grant_type: "authorization_code", code: auth_code, client_id: clientId(origin) }),
  });
  return answerOf<HomeAssistantTokens>(response, "POST /auth/token");
}

/** Sends a request of the REST API and resolves to its JSON; rejects with Home Assistant's own words when it refuses. */
export async function request<T>(
  origin: string,
  token: string | undefined,
  method: "GET" | "POST",
  path: string,
  body?: unknown,
): Promise<T> {
  const response = await fetch(`${origin}${path}`, {
    method,
    headers: { "Content-Type": "application/json", ...(token && { Authorization: `Bearer ${token}` }) },
    ...(body !== undefined && { body: JSON.stringify(body) }),
  });
  return answerOf<T>(response, `${method} ${path}`);
}

/** Resolves to the version of Home Assistant when all its parts are set up. */
export async function untilRunning(origin: string, token: string): Promise<string> {
  return until(
    async () => {
      const config = await request<{ state: string; version: string }>(origin, token, "GET", "/api/config");
      return config.state === "RUNNING" && config.version;
    },
    "Home Assistant to run",
    startDeadlineMs,
  );
}

async function answerOf<T>(response: Response, what: string): Promise<T> {
  const text = await response.text();
  if (!response.ok) throw new Error(`Home Assistant refuses ${what}: ${response.status} ${text}`);
  return JSON.parse(text) as T;
}

/** Sends a command of the WebSocket API, `{ type: "config/device_registry/list" }` say, and resolves to its result. */
export async function command<T>(
  origin: string,
  token: string,
  message: { readonly type: string; readonly [key: string]: unknown },
): Promise<T> {
  const socket = new WebSocket(`${origin.replace(/^http/, "ws")}/api/websocket`);
  try {
    return await new Promise<T>((resolve, reject) => {
      socket.on("error", reject);
      socket.on("close", () => reject(new Error(`Home Assistant hung up before it answered ${message.type}`)));
      socket.on("message", (data: Buffer) => {
        const answer = JSON.parse(data.toString()) as SocketMessage;
        if (answer.type === "auth_required") socket.send(JSON.stringify({ type: "auth", access_token: token }));
        else if (answer.type === "auth_ok") socket.send(JSON.stringify({ id: 1, ...message }));
        else if (answer.type === "result" && answer.success) resolve(answer.result as T);
        else reject(new Error(`Home Assistant refuses ${message.type}: ${JSON.stringify(answer)}`));
      });
    });
  } finally {
    socket.close();
  }
}
