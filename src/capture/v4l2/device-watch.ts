import { stat } from "node:fs/promises";
import type { Clock } from "../../core/clock.ts";
import type { DeviceError } from "../../core/errors.ts";
import type { Service } from "../../core/lifecycle.ts";
import type { Log } from "../../core/log.ts";
import type { DeviceLinks } from "./device-identity.ts";
import type { CaptureDevice, DeviceCapability } from "./devices.ts";
import { describeDevice, listLinks, listNodes } from "./devices.ts";

export interface DeviceWatchOptions {
  readonly clock: Clock;
  readonly log: Log;
  /** What a node is; undefined: no camera. `(node) => probeNode(libc, node)` outside tests. */
  readonly probe: (node: string) => Promise<DeviceCapability | undefined>;
  readonly devDirectory?: string;
  onAdded(device: CaptureDevice): void;
  onRemoved(device: CaptureDevice): void;
}

/** Well below the two seconds within which a plug must be noticed, settling included. */
const pollMs = 700;
/** How long a new node may stay without a by-id link: where there is no udev, or no serial number, it will never have one. */
const settleNs = 800_000_000n;
const settlePollMs = 200;
/** A node that changed so lately may be about to get its links. */
const youngMs = 2_000;

interface KnownNode {
  /** Tells a node from an earlier one of the same name. */
  readonly generation: string;
  /** Whether it was new when it was first seen, even if that was when we started. */
  readonly isYoung: boolean;
  readonly seenNs: bigint;
  state: "settling" | "camera" | "none";
  device?: CaptureDevice;
  /** What it said last when it could not be opened. */
  complaint?: string;
}

/**
 * Tells which cameras there are: those present at `start()` at once, then every one that comes or goes, within two seconds. Looks
 * at directory listings only; a node is opened once, when it is new, and named when udev has had time to name it.
 */
export class DeviceWatch implements Service {
  readonly #options: DeviceWatchOptions;
  readonly #devDirectory: string;
  readonly #nodes = new Map<string, KnownNode>();
  #stopped = true;
  #cancel: (() => void) | undefined;
  #scan: Promise<void> = Promise.resolve();

  constructor(options: DeviceWatchOptions) {
    this.#options = options;
    this.#devDirectory = options.devDirectory ?? "/dev";
  }

  /** The cameras there are now, in the order of their nodes. */
  get devices(): readonly CaptureDevice[] {
    return [...this.#nodes.values()].flatMap(({ device }) => device ?? []);
  }

  /** Resolves when the cameras that are there have been told. */
  async start(): Promise<void> {
    if (!this.#stopped) return;
    this.#stopped = false;
    await this.#round(0n);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#cancel?.();
    this.#cancel = undefined;
    await this.#scan;
  }

  #round(settleFor: bigint): Promise<void> {
    this.#scan = this.#look(settleFor)
      .catch((error: unknown) =>
        this.#options.log.warn({ err: error }, `cannot look for cameras in ${this.#devDirectory}`),
      )
      .then(() => this.#again());
    return this.#scan;
  }

  #again(): void {
    if (this.#stopped) return;
    const isSettling = [...this.#nodes.values()].some(({ state }) => state === "settling");
    this.#cancel = this.#options.clock.after(isSettling ? settlePollMs : pollMs, () => void this.#round(settleNs));
  }

  async #look(settleFor: bigint): Promise<void> {
    const present = await this.#present();
    for (const [name, known] of this.#nodes) {
      if (present.get(name)?.generation === known.generation) continue;
      this.#nodes.delete(name);
      this.#forget(known, "none");
    }
    for (const [name, { generation, isYoung }] of present) {
      if (this.#nodes.has(name)) continue;
      this.#nodes.set(name, { generation, isYoung, seenNs: this.#options.clock.monotonicNs(), state: "settling" });
    }
    const settling = [...this.#nodes].filter(([, { state }]) => state === "settling");
    if (settling.length === 0) return;
    const linksOf = await listLinks(this.#devDirectory);
    for (const [name, known] of settling) {
      await this.#settle(name, known, linksOf(name), known.isYoung ? settleNs : settleFor);
    }
  }

  /**
   * Node names with what tells this plug from the one before (kernel and udev make a new inode), and whether udev may still be
   * at it: at boot we may start together.
   */
  async #present(): Promise<Map<string, Pick<KnownNode, "generation" | "isYoung">>> {
    const present = new Map<string, Pick<KnownNode, "generation" | "isYoung">>();
    const nowMs = this.#options.clock.wallMs();
    for (const name of await listNodes(this.#devDirectory)) {
      const node = await stat(`${this.#devDirectory}/${name}`).catch(() => undefined);
      if (!node) continue;
      const ageMs = nowMs - node.ctimeMs;
      present.set(name, { generation: `${node.ino} ${node.rdev}`, isYoung: ageMs >= 0 && ageMs < youngMs });
    }
    return present;
  }

  async #settle(name: string, known: KnownNode, links: DeviceLinks, settleFor: bigint): Promise<void> {
    // udev makes its links one by one: only by-id is worth not waiting for the others.
    const hasName = links.byId.length > 0;
    if (!hasName && this.#options.clock.monotonicNs() - known.seenNs < settleFor) return;
    const node = `${this.#devDirectory}/${name}`;
    try {
      const capability = await this.#options.probe(node);
      if (this.#stopped) return;
      if (capability) this.#add(node, known, capability, links);
      else known.state = "none";
    } catch (error) {
      this.#complain(node, known, error as DeviceError);
    }
  }

  /** It stays unsettled and is asked again: udev may be about to give us the right to open it. */
  #complain(node: string, known: KnownNode, error: DeviceError): void {
    if (known.complaint !== error.message) this.#options.log.warn({ node, code: error.code }, error.message);
    known.complaint = error.message;
  }

  #add(node: string, known: KnownNode, capability: DeviceCapability, links: DeviceLinks): void {
    const taken = new Set(this.devices.map(({ id }) => id));
    known.state = "camera";
    known.device = describeDevice(node, capability, links, taken, this.#devDirectory);
    this.#options.onAdded(known.device);
  }

  #forget(known: KnownNode, state: "none"): void {
    known.state = state;
    const { device } = known;
    delete known.device;
    if (device) this.#options.onRemoved(device);
  }
}
