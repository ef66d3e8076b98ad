import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import {
  command,
  onboard,
  request,
  untilRunning,
  type EntityState,
  type HomeAssistantTokens,
  type ProxiedPicture,
  type RegisteredDevice,
  type RegisteredEntity,
} from "./home-assistant-api.ts";
import { writeConfiguration, type Configuration } from "./home-assistant-configuration.ts";
import { findFreePort, HomeAssistantProcess, prepareHomeAssistant } from "./home-assistant-process.ts";

/** Where an MQTT broker is. */
export interface BrokerAddress {
  readonly host: string;
  readonly port: number;
  readonly username?: string;
  readonly password?: string;
}

interface FlowStep {
  readonly type: "form" | "create_entry" | "abort" | "menu";
  readonly flow_id: string;
  readonly step_id?: string;
}

/** A running Home Assistant of its own, with an owner who is logged in. */
export class HomeAssistant {
  /** `http://127.0.0.1:PORT`, without a slash at the end. */
  readonly origin: string;
  readonly tokens: HomeAssistantTokens;
  readonly version: string;
  readonly #directory: string;
  readonly #processes: HomeAssistantProcess[];
  readonly #start: () => Promise<HomeAssistantProcess>;

  /** {@link startHomeAssistant} makes one. */
  constructor(
    origin: string,
    tokens: HomeAssistantTokens,
    version: string,
    directory: string,
    first: HomeAssistantProcess,
    start: () => Promise<HomeAssistantProcess>,
  ) {
    this.origin = origin;
    this.tokens = tokens;
    this.version = version;
    this.#directory = directory;
    this.#processes = [first];
    this.#start = start;
  }

  /** The owner's access token. */
  get token(): string {
    return this.tokens.access_token;
  }

  /** All that Home Assistant logged, restarts included; MQTT's discovery in detail. */
  log(): string {
    return this.#processes.map((process) => process.log()).join("");
  }

  /** Adds the MQTT integration as the page does; rejects when Home Assistant cannot connect to the broker. */
  async addMqtt({ host, ...broker }: BrokerAddress): Promise<void> {
    const tls = { set_client_cert: false, set_ca_cert: "off" };
    await this.addIntegration("mqtt", { broker: host, ...broker, other_settings: tls });
  }

  /** Adds an integration: `forms` are what its dialogs ask for, one after the other. */
  async addIntegration(handler: string, ...forms: readonly Readonly<Record<string, unknown>>[]): Promise<void> {
    const flow = "/api/config/config_entries/flow";
    let step = await this.post<FlowStep>(flow, { handler });
    for (const form of forms) step = await this.post<FlowStep>(`${flow}/${step.flow_id}`, form);
    if (step.type !== "create_entry") throw new Error(`${handler} is not added: ${JSON.stringify(step)}`);
  }

  async states(): Promise<readonly EntityState[]> {
    return request(this.origin, this.token, "GET", "/api/states");
  }

  /** Undefined while there is no such entity. */
  async state(entityId: string): Promise<EntityState | undefined> {
    return (await this.states()).find(({ entity_id }) => entity_id === entityId);
  }

  /** Resolves when the service has done its work; `data` names the entities (`entity_id`). */
  async callService(domain: string, service: string, data: Readonly<Record<string, unknown>>): Promise<void> {
    await this.post(`/api/services/${domain}/${service}`, data);
  }

  /** The picture that the camera entity shows. */
  async cameraProxy(entityId: string): Promise<ProxiedPicture> {
    const headers = { Authorization: `Bearer ${this.token}` };
    const response = await fetch(`${this.origin}/api/camera_proxy/${entityId}`, { headers });
    const body = Buffer.from(await response.arrayBuffer());
    return { status: response.status, type: response.headers.get("Content-Type"), body };
  }

  async entityRegistry(): Promise<readonly RegisteredEntity[]> {
    return command(this.origin, this.token, { type: "config/entity_registry/list" });
  }

  async deviceRegistry(): Promise<readonly RegisteredDevice[]> {
    return command(this.origin, this.token, { type: "config/device_registry/list" });
  }

  /** Stops it and starts it again with all it remembers, at the same address; the token stays good. */
  async restart(): Promise<void> {
    await this.#processes.at(-1)?.stop();
    this.#processes.push(await this.#start());
    await untilRunning(this.origin, this.token);
  }

  /** Ends it and forgets all it wrote. */
  async stop(): Promise<void> {
    await this.#processes.at(-1)?.stop();
    await rm(this.#directory, { recursive: true, force: true });
  }

  private async post<T>(path: string, body: unknown): Promise<T> {
    return request<T>(this.origin, this.token, "POST", path, body);
  }
}

/**
 * Starts Home Assistant on a free port of 127.0.0.1, set up and with an owner; `configuration` are further keys of its
 * configuration.yaml. It has no name server, so it asks nobody outside this machine for anything.
 */
export async function startHomeAssistant(configuration: Configuration = {}): Promise<HomeAssistant> {
  const prepared = await prepareHomeAssistant();
  const directory = await mkdtemp(join(tmpdir(), "sightline-ha-"));
  const port = await findFreePort();
  const origin = `http://127.0.0.1:${port}`;
  await writeConfiguration(directory, port, configuration);
  const start = async () => HomeAssistantProcess.start(prepared, directory, origin);
  let first: HomeAssistantProcess | undefined;
  try {
    first = await start();
    const tokens = await onboard(origin);
    const version = await untilRunning(origin, tokens.access_token);
    return new HomeAssistant(origin, tokens, version, directory, first, start);
  } catch (error) {
    await first?.stop();
    await rm(directory, { recursive: true, force: true });
    throw new Error(`Home Assistant cannot be set up: ${String(error)}\n${first?.log() ?? ""}`, { cause: error });
  }
}
