import assert from "node:assert/strict";
import { mkdtemp, rm } from "node:fs/promises";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import sharp from "sharp";
import type { BridgeIdentity } from "../../src/announce/mqtt/discovery/device-config.ts";
import { reachableUrl } from "../../src/announce/reachable-url.ts";
import type { CameraControl } from "../../src/hub/camera-controls.ts";
import { command, type RegisteredDevice, type RegisteredEntity } from "../support/home-assistant-api.ts";
import { startHomeAssistant, type HomeAssistant } from "../support/home-assistant.ts";
import { Mosquitto } from "../support/mosquitto.ts";
import { startSightline, type SightlineProcess } from "../support/process-sightline.ts";
import { readRetained } from "../support/read-retained.ts";
import { until } from "../support/wait.ts";
import {
  expectBridge,
  expectCamera,
  type CameraView,
  type ExpectedDevice,
  type ExpectedEntity,
} from "./expected-entities.ts";

/** All addresses of this machine: Home Assistant is told where Sightline is only where others can reach it. */
const host = "0.0.0.0";

/** A camera of the configuration. */
export type CameraSettings = Readonly<Record<string, unknown>> & {
  readonly id: string;
  readonly motion?: { readonly enabled: boolean };
};

type Device = RegisteredDevice & { readonly via_device_id: string | null };
type Entity = RegisteredEntity & { readonly id: string; readonly original_name: string | null };

/** What Home Assistant keeps of us. */
export interface Registries {
  readonly devices: readonly Device[];
  readonly entities: readonly Entity[];
}

/** A picture with its size and how light it is, 0 to 255. */
export interface SeenPicture {
  readonly bytes: Buffer;
  readonly width: number;
  readonly height: number;
  readonly lightness: number;
}

/** A broker, Home Assistant that knows it, and Sightline, each a process of its own. */
export class HomeRig {
  readonly home: HomeAssistant;
  readonly broker: Mosquitto;
  readonly #dataDir: string;
  #sightline: SightlineProcess | undefined;
  #cameras: readonly CameraSettings[] = [];
  /** Those that are there to be switched on, and were. */
  readonly #enabled = new Set<string>();

  private constructor(home: HomeAssistant, broker: Mosquitto, dataDir: string) {
    this.home = home;
    this.broker = broker;
    this.#dataDir = dataDir;
  }

  /** Starts broker and Home Assistant; Sightline follows with {@link startSightline}. */
  static async start(): Promise<HomeRig> {
    const broker = await Mosquitto.start();
    try {
      const home = await startHomeAssistant();
      await home.addMqtt({ host: "127.0.0.1", port: broker.port });
      return new HomeRig(home, broker, await mkdtemp(join(tmpdir(), "sightline-home-")));
    } catch (error) {
      await broker.stop();
      throw error;
    }
  }

  get sightline(): SightlineProcess {
    assert.ok(this.#sightline);
    return this.#sightline;
  }

  /** Starts Sightline with these cameras, and what it remembers of an earlier run. */
  async startSightline(cameras: readonly CameraSettings[]): Promise<void> {
    this.#cameras = cameras;
    const config = { cameras, dataDir: this.#dataDir, mqtt: { url: this.broker.url }, mdns: { enabled: false } };
    this.#sightline = await startSightline(config, undefined, host);
  }

  async stop(): Promise<void> {
    await this.#sightline?.stop();
    await this.home.stop();
    await this.broker.stop();
    await rm(this.#dataDir, { recursive: true, force: true });
  }

  /** Asks Sightline's API; a body is sent by PATCH. */
  async api<T>(path: string, body?: object): Promise<T> {
    const change = { method: "PATCH", headers: { "Content-Type": "application/json" }, body: JSON.stringify(body) };
    const response = await fetch(`${this.sightline.origin}${path}`, body && change);
    assert.ok(response.ok, `${path}: ${response.status}`);
    return (await response.json()) as T;
  }

  /** All cameras as Sightline's API shows them. */
  async cameras(): Promise<readonly CameraView[]> {
    const { cameras } = await this.api<{ cameras: CameraView[] }>("/api/cameras");
    return Promise.all(
      cameras.map(async (camera) => {
        const { controls } = await this.api<{ controls: CameraControl[] }>(`/api/cameras/${camera.id}/controls`);
        const hasMotion = this.#cameras.find(({ id }) => id === camera.id)?.motion?.enabled === true;
        return { ...camera, controls, hasMotion };
      }),
    );
  }

  async camera(id: string): Promise<CameraView> {
    const camera = (await this.cameras()).find((candidate) => candidate.id === id);
    assert.ok(camera);
    return camera;
  }

  /** All of Home Assistant's devices and entities that came by MQTT. */
  async registries(): Promise<Registries> {
    const { origin, token } = this.home;
    const devices = await command<readonly Device[]>(origin, token, { type: "config/device_registry/list" });
    const entities = await command<readonly Entity[]>(origin, token, { type: "config/entity_registry/list" });
    return {
      devices: devices.filter(({ identifiers }) => identifiers.some(([domain]) => domain === "mqtt")),
      entities: entities.filter(({ platform }) => platform === "mqtt"),
    };
  }

  /** Switches on all entities that came switched off; Home Assistant shows them half a minute later, or after its next start. */
  async enableAll(): Promise<void> {
    const { origin, token } = this.home;
    for (const { entity_id, unique_id, disabled_by } of (await this.registries()).entities) {
      if (disabled_by === null) continue;
      const change = { type: "config/entity_registry/update", entity_id, disabled_by: null };
      await command(origin, token, change);
      this.#enabled.add(unique_id);
    }
  }

  /** Does something to an entity, as a click or a drag in Home Assistant does: `number.set_value` say. */
  async act(service: string, entityId: string, data: Readonly<Record<string, unknown>> = {}): Promise<void> {
    const [domain = "", name = ""] = service.split(".");
    await this.home.callService(domain, name, { entity_id: entityId, ...data });
  }

  async untilState(entityId: string, wanted: string, withinMs = 20_000): Promise<void> {
    const isSo = async () => (await this.home.state(entityId))?.state === wanted;
    await until(isSo, `${entityId} to be ${wanted}`, withinMs);
  }

  /** The picture that Home Assistant shows for a camera or an image, decoded; undefined while it has none. */
  async picture(entityId: string): Promise<SeenPicture | undefined> {
    const [domain = ""] = entityId.split(".");
    const headers = { Authorization: `Bearer ${this.home.token}` };
    const response = await fetch(`${this.home.origin}/api/${domain}_proxy/${entityId}`, { headers });
    const bytes = Buffer.from(await response.arrayBuffer());
    if (response.status !== 200) return undefined;
    assert.equal(response.headers.get("Content-Type"), "image/jpeg");
    const [{ width, height }, { channels }] = await Promise.all([sharp(bytes).metadata(), sharp(bytes).stats()]);
    const lightness = channels.reduce((sum, { mean }) => sum + mean, 0) / channels.length;
    return { bytes, width, height, lightness };
  }

  async untilPicture(
    entityId: string,
    what: string,
    isWanted: (picture: SeenPicture) => boolean = () => true,
  ): Promise<SeenPicture> {
    const probe = async () => {
      const picture = await this.picture(entityId);
      return picture && isWanted(picture) && picture;
    };
    return until(probe, what, 30_000);
  }

  /**
   * Resolves when Home Assistant has exactly the devices and entities that the tables say, each named, placed and linked as
   * they say, and in the state that Sightline's API tells; rejects with the difference that is left at the end.
   */
  async untilRight(withinMs: number): Promise<void> {
    let difference: unknown;
    const isRight = () =>
      this.#compare().then(
        () => true,
        (error: unknown) => {
          difference = error;
          return false;
        },
      );
    await until(isRight, "Home Assistant to be right", withinMs).catch((error: unknown) => {
      throw difference ?? error;
    });
  }

  async #compare(): Promise<void> {
    const cameras = await this.cameras();
    const bridge = await this.#bridge();
    const wanted = [expectBridge(bridge, cameras.length), ...cameras.map((camera) => expectCamera(bridge, camera))];
    const { devices, entities } = await this.registries();
    assert.deepEqual(byFirst(devices.map((device) => seenDevice(device, devices))), byFirst(wanted.map(wantedDevice)));
    for (const device of wanted) {
      const { id } = devices.find(({ identifiers }) => identifiers[0]?.[1] === wantedDevice(device)[0]) ?? {};
      const found = entities.filter(({ device_id }) => device_id === id);
      const expected = device.entities.map((entity) => this.#wantedEntity(entity));
      assert.deepEqual(byFirst(found.map(seenEntity)), byFirst(expected.map(seenEntity)));
      await this.#compareStates(expected);
    }
  }

  async #compareStates(expected: readonly ExpectedEntity[]): Promise<void> {
    const states = new Map((await this.home.states()).map(({ entity_id, state }) => [entity_id, state]));
    const wanted = expected.map(({ entity_id, disabled_by, state }) => {
      return [entity_id, disabled_by === null ? fit(state, states.get(entity_id)) : undefined];
    });
    const seen = expected.map(({ entity_id }) => [entity_id, states.get(entity_id)]);
    assert.deepEqual(Object.fromEntries(seen), Object.fromEntries(wanted));
  }

  #wantedEntity(entity: ExpectedEntity): ExpectedEntity {
    return this.#enabled.has(entity.unique_id) ? { ...entity, disabled_by: null } : entity;
  }

  async #bridge(): Promise<BridgeIdentity> {
    const kept = (await readRetained(this.broker.url)).get("sightline/bridge");
    const { id, version } = JSON.parse(kept?.toString() ?? "{}") as { id: string; version: string };
    const { port } = this.sightline;
    const url = reachableUrl({ host, port, httpsPort: 0, basePath: "", names: [], redirects: false });
    return { id, version, hostName: hostname(), url, baseTopic: "sightline" };
  }
}

/** What is seen where it is what a pattern says, else the pattern. */
function fit(wanted: string | RegExp, seen: string | undefined): string | RegExp {
  return typeof wanted !== "string" && seen !== undefined && wanted.test(seen) ? seen : wanted;
}

function seenDevice(device: Device, all: readonly Device[]): readonly unknown[] {
  const { identifiers, name, manufacturer, model, sw_version, configuration_url, via_device_id } = device;
  const via = all.find(({ id }) => id === via_device_id)?.identifiers[0]?.[1];
  return [identifiers[0]?.[1], name, manufacturer, model, sw_version, configuration_url, via];
}

function wantedDevice({ config: { device } }: ExpectedDevice): readonly unknown[] {
  const { identifiers, name, manufacturer, model, sw_version, configuration_url, via_device } = device;
  return [(identifiers as string[])[0], name, manufacturer, model, sw_version, configuration_url ?? null, via_device];
}

function seenEntity(entity: Omit<Entity | ExpectedEntity, "state">): readonly unknown[] {
  const { unique_id, entity_id, original_name, entity_category, disabled_by } = entity;
  return [unique_id, entity_id, original_name, entity_category, disabled_by];
}

function byFirst(rows: readonly (readonly unknown[])[]): readonly (readonly unknown[])[] {
  return [...rows].sort(([one], [other]) => String(one).localeCompare(String(other)));
}
