import { readFile } from "node:fs/promises";
import type { IClientOptions } from "mqtt";
import type { Config } from "../../config/schema.ts";
import { StorageError } from "../../core/errors.ts";
import { parseBrokerAddress } from "./broker-address.ts";

/** What a connection is made of. */
export interface ConnectWishes {
  readonly config: Config["mqtt"];
  readonly clientId: string;
  readonly protocolVersion: 4 | 5;
  /** Topic of the will: `offline`, retained. */
  readonly statusTopic: string;
  /** The broker refuses a will that is to be kept or acknowledged. */
  readonly isWillPlain: boolean;
}

/** Seconds between signs of life. A broker that is gone without a word is noticed within one and a half of it. */
const keepaliveSeconds = 20;
const connectTimeoutMs = 8_000;
/** The largest message that anybody may send us. */
const receiveMaxBytes = 1_000_000;

/** The options of one attempt. Certificates are read anew each time: they are renewed while we run. Throws StorageError. */
export async function createConnectOptions(wishes: ConnectWishes): Promise<IClientOptions> {
  const { config, clientId, protocolVersion, statusTopic, isWillPlain } = wishes;
  const account = parseBrokerAddress(config.url ?? "");
  const username = config.username ?? account.username;
  const password = config.password ?? account.password;
  const [ca, cert, key] = await Promise.all([readPem(config.ca), readPem(config.cert), readPem(config.key)]);
  return {
    clientId,
    protocolVersion,
    clean: true,
    keepalive: keepaliveSeconds,
    connectTimeout: connectTimeoutMs,
    // Attempts are ours to make: see MqttLink.
    reconnectPeriod: 0,
    resubscribe: false,
    queueQoSZero: false,
    timerVariant: "native",
    will: { topic: statusTopic, payload: Buffer.from("offline"), qos: isWillPlain ? 0 : 1, retain: !isWillPlain },
    ...(protocolVersion === 5 && { properties: { maximumPacketSize: receiveMaxBytes } }),
    ...(username !== undefined && { username }),
    ...(password !== undefined && { password }),
    ...(ca && { ca }),
    ...(cert && { cert }),
    ...(key && { key }),
  };
}

async function readPem(file: string | undefined): Promise<Buffer | undefined> {
  if (file === undefined) return undefined;
  try {
    return await readFile(file);
  } catch (error) {
    const code = error instanceof Error && "code" in error ? String(error.code) : "unknown error";
    throw new StorageError(`${file} cannot be read (${code})`, { cause: error });
  }
}
