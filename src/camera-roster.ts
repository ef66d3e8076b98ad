import { basename } from "node:path";
import { assembleCamera, type AssembledCamera, type AssemblyTools, type CameraPlan } from "./camera-assembly.ts";
import { cameraId, uniqueId } from "./capture/v4l2/device-identity.ts";
import type { DeviceWatch } from "./capture/v4l2/device-watch.ts";
import type { CaptureDevice } from "./capture/v4l2/devices.ts";
import type { CameraConfig } from "./config/schema.ts";
import type { Service } from "./core/lifecycle.ts";
import type { ControlsPort } from "./hub/camera-controls.ts";
import type { CameraSwitches } from "./camera-switches.ts";
import type { CameraRegistry } from "./hub/camera-registry.ts";
import type { OfferedFormat } from "./outputs/api/camera-view.ts";

const testPatternId = "test-pattern";

/** How a camera that nobody configured is used. */
const defaults: CameraPlan["config"] = {
  format: "auto",
  capture: "on-demand",
  lingerSeconds: 10,
  controls: {},
};

export interface RosterTools extends AssemblyTools {
  readonly switches: CameraSwitches;
}

interface Entry {
  readonly camera: AssembledCamera;
  readonly device: string | undefined;
}

/**
 * Which cameras there are. With `cameras` in the configuration: those, present or not. Without: every capture device, as
 * it is plugged in, and the test pattern while none has ever been there. A device that leaves stays a camera and is `lost`, so
 * that its viewers see it come back.
 */
export class CameraRoster implements Service {
  readonly #configured: readonly CameraConfig[];
  readonly #registry: CameraRegistry;
  readonly #tools: RosterTools;
  readonly #entries = new Map<string, Entry>();
  #watch: DeviceWatch | undefined;
  #changes: Promise<void> = Promise.resolve();
  #started = false;
  #stopped = false;

  constructor(configured: readonly CameraConfig[], registry: CameraRegistry, tools: RosterTools) {
    this.#configured = configured;
    this.#registry = registry;
    this.#tools = tools;
  }

  /** Makes the configured cameras known; they can be asked for from now on and capture from `start` on. */
  async prepare(): Promise<void> {
    const taken = new Set(this.#configured.flatMap(({ id }) => id ?? []));
    for (const config of this.#configured) {
      const id = config.id ?? uniqueId(deriveId(config), taken);
      taken.add(id);
      await this.#add({ id, name: config.name ?? id, kind: config.source, config, device: config.device });
    }
  }

  /** Where no camera is configured: makes those known that are plugged in, now and later. */
  async look(): Promise<void> {
    if (this.#configured.length === 0 && !this.#watch) await this.#startAutomatic();
  }

  async start(): Promise<void> {
    await this.look();
    this.#started = true;
    await Promise.all([...this.#entries.values()].map(({ camera }) => camera.channel.start()));
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    await this.#watch?.stop();
    await this.#changes;
    await Promise.all([...this.#entries.values()].map(({ camera }) => camera.stop()));
  }

  /** The controls of a camera, undefined where it has none. */
  controls(id: string): ControlsPort | undefined {
    return this.#entries.get(id)?.camera.controls;
  }

  /** What a camera can do, undefined where it does not say. Throws DeviceError. */
  async formats(id: string): Promise<readonly OfferedFormat[] | undefined> {
    return this.#entries.get(id)?.camera.formats();
  }

  async #startAutomatic(): Promise<void> {
    const { DeviceWatch } = await import("./capture/v4l2/device-watch.ts");
    const { probeCaptureNode } = await import("./capture/v4l2/v4l2-camera.ts");
    this.#watch = new DeviceWatch({
      ...this.#tools,
      probe: probeCaptureNode,
      onAdded: (device) => void this.#change(() => this.#join(device)),
      onRemoved: ({ id, node }) => this.#tools.log.info({ camera: id, node }, "camera unplugged"),
    });
    await this.#watch.start();
    await this.#change(() => this.#addTestPattern());
  }

  async #addTestPattern(): Promise<void> {
    if (this.#entries.size > 0 || this.#stopped) return;
    this.#tools.log.warn({}, "there is no camera: showing a test pattern until one is plugged in");
    await this.#add({
      id: testPatternId,
      name: "Test pattern",
      kind: "test-pattern",
      config: defaults,
      device: undefined,
    });
  }

  /** One change after the other, in the order they were noticed. */
  #change(change: () => Promise<void>): Promise<void> {
    this.#changes = this.#changes.then(change).catch((error: unknown) => {
      this.#tools.log.error({ err: error }, "a camera could not be added");
    });
    return this.#changes;
  }

  async #join({ id, name, path }: CaptureDevice): Promise<void> {
    if (this.#stopped) return;
    const known = this.#entries.get(id);
    if (known?.device === path) {
      this.#tools.log.info({ camera: id, device: path }, "camera is back");
      return;
    }
    if (known) await this.#remove(id); // the same camera without a lasting name, at another node
    await this.#removeAbsent();
    await this.#add({ id, name, kind: "v4l2", config: defaults, device: path });
    this.#tools.log.info({ camera: id, device: path }, `camera ${name}`);
    if (this.#entries.has(testPatternId)) await this.#remove(testPatternId);
  }

  /** Cameras that are gone and that nobody watches make room for one that takes their place. */
  async #removeAbsent(): Promise<void> {
    const present = new Set(this.#watch?.devices.map(({ id }) => id));
    const absent = [...this.#entries].filter(([id]) => id !== testPatternId && !present.has(id));
    for (const [id, { camera }] of absent) if (camera.channel.jpeg.demand === 0) await this.#remove(id);
  }

  async #add(plan: CameraPlan): Promise<void> {
    const camera = await assembleCamera(plan, this.#tools);
    this.#entries.set(plan.id, { camera, device: plan.device });
    this.#tools.switches.attach(camera.channel);
    this.#registry.add(camera.channel);
    if (this.#started) await camera.channel.start();
  }

  async #remove(id: string): Promise<void> {
    const entry = this.#entries.get(id);
    this.#entries.delete(id);
    this.#registry.remove(id);
    this.#tools.switches.detach(id);
    await entry?.camera.stop();
  }
}

/** The id of a configured camera that has none: from its device's path or its program, so that it never changes. */
function deriveId({ source, command, device }: CameraConfig): string {
  if (source === "test-pattern") return testPatternId;
  const word = source === "command" ? command?.[0] : device;
  return word === undefined ? "camera" : cameraId({ byId: [basename(word)], byPath: [], card: "", busInfo: "" });
}
