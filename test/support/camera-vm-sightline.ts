import { writeFileSync } from "node:fs";
import { join } from "node:path";
import type { SeenState } from "../camera-vm/guest/state-watcher.ts";
import type { SeenPicture } from "../camera-vm/guest/viewer.ts";
import type { CameraVm } from "./camera-vm.ts";
import type { GuestProcess, GuestResult } from "./camera-vm-process.ts";

/** What the tests read of a camera in `GET /api/cameras`. */
export interface ApiCamera {
  readonly id: string;
  readonly source: string;
  readonly origin: string;
  readonly state: string;
  readonly reason: string;
  readonly format: { readonly pixelFormat: string; readonly width: number; readonly height: number } | null;
  readonly frames: number;
  readonly drops: Readonly<Record<string, number>>;
  readonly restarts: number;
  readonly lastError: string | null;
  readonly viewers: number;
}

/** What a process in the guest holds. */
export interface HeldResources {
  readonly descriptors: number;
  /** Mappings of video buffers. */
  readonly videoMappings: number;
  readonly residentKib: number;
}

const guestPort = 8080;

/** The product, serving in the guest; its API is asked from the host. */
export class GuestSightline {
  readonly #vm: CameraVm;
  readonly #server: GuestProcess;
  readonly #origin: string;
  readonly #companions: GuestProcess[] = [];

  private constructor(vm: CameraVm, server: GuestProcess, origin: string) {
    this.#vm = vm;
    this.#server = server;
    this.#origin = origin;
  }

  /**
   * Starts `sightline serve` with this configuration (the keys of the config file; address, port and data folder are set
   * here). Resolves when it serves. One at a time to a machine.
   */
  static async serve(vm: CameraVm, config: Readonly<Record<string, unknown>>): Promise<GuestSightline> {
    const file = join(vm.outDirectory, "sightline.yaml");
    const server = { host: "0.0.0.0", port: guestPort };
    const whole = { server, auth: { mode: "none" }, dataDir: "/tmp/sightline-data", ...config };
    writeFileSync(file, JSON.stringify({ log: { level: "debug", format: "json" }, ...whole })); // JSON is YAML
    const process = vm.startSightline("serve", "--config", file);
    const origin = `http://127.0.0.1:${await vm.forward(guestPort)}`;
    await process.line(/"msg":"watch at /, 120_000);
    return new GuestSightline(vm, process, origin);
  }

  /** `http://127.0.0.1:PORT` as the host reaches it. */
  get origin(): string {
    return this.#origin;
  }

  /** The server's process id in the guest. */
  get pid(): number {
    return this.#server.pid;
  }

  get log(): string {
    return this.#server.stdout + this.#server.stderr;
  }

  async cameras(): Promise<readonly ApiCamera[]> {
    const response = await fetch(`${this.#origin}/api/cameras`);
    return ((await response.json()) as { cameras: ApiCamera[] }).cameras;
  }

  async camera(id: string): Promise<ApiCamera> {
    const response = await fetch(`${this.#origin}/api/cameras/${id}`);
    if (!response.ok) throw new Error(`${response.status}: ${await response.text()}`);
    return (await response.json()) as ApiCamera;
  }

  /** A viewer in the guest that is there until the server is stopped. */
  async watch(path: string): Promise<GuestViewer> {
    const process = this.#vm.startNode("test/camera-vm/guest/viewer.ts", String(guestPort), path);
    this.#companions.push(process);
    await process.line(/^watching$/m, 60_000);
    return new GuestViewer(process);
  }

  /** Follows the states of all cameras from now on. */
  async watchStates(): Promise<StateLog> {
    const process = this.#vm.startNode("test/camera-vm/guest/state-watcher.ts", String(guestPort));
    this.#companions.push(process);
    await process.until(() => (process.stdout.includes("\n") ? true : undefined), 60_000, "to tell a state");
    return new StateLog(process);
  }

  /** What the server holds now. */
  async resources(): Promise<HeldResources> {
    const at = `/proc/${this.#server.pid}`;
    const { stdout } = await this.#vm.shell(
      `ls ${at}/fd | wc -l; grep -c /dev/video ${at}/maps || true; awk '/VmRSS/ { print $2 }' ${at}/status`,
    );
    const [descriptors = NaN, videoMappings = NaN, residentKib = NaN] = stdout.trim().split("\n").map(Number);
    return { descriptors, videoMappings, residentKib };
  }

  /** Ends it as a service manager would, and its viewers. Resolves to how it ended. */
  async stop(): Promise<GuestResult> {
    this.#server.kill("SIGTERM");
    const result = await this.#server.finished(20_000);
    for (const companion of this.#companions) companion.kill("SIGKILL");
    return result;
  }
}

/** Lines of a guest program's output that are JSON, as far as they are whole. */
class JsonLines<T> {
  readonly #process: GuestProcess;
  #consumed = 0;
  readonly #values: T[] = [];

  constructor(process: GuestProcess) {
    this.#process = process;
  }

  get all(): readonly T[] {
    const text = this.#process.stdout;
    for (let end = text.indexOf("\n", this.#consumed); end !== -1; end = text.indexOf("\n", this.#consumed)) {
      const line = text.slice(this.#consumed, end);
      this.#consumed = end + 1;
      if (line.startsWith("{")) this.#values.push(JSON.parse(line) as T);
    }
    return this.#values;
  }

  /** Resolves to the first value, past ones included, that `wanted` accepts. */
  async find(wanted: (value: T) => boolean, timeoutMs: number, purpose: string): Promise<T> {
    return this.#process.until(() => this.all.find(wanted), timeoutMs, purpose);
  }
}

/** One viewer of a stream; its pictures are stamped by the guest. */
export class GuestViewer {
  readonly #process: GuestProcess;
  readonly #pictures: JsonLines<SeenPicture>;

  constructor(process: GuestProcess) {
    this.#process = process;
    this.#pictures = new JsonLines(process);
  }

  get pictures(): readonly SeenPicture[] {
    return this.#pictures.all;
  }

  /** False after the stream ended: viewers must stay connected whatever the camera does. */
  get connected(): boolean {
    return this.#process.result === undefined;
  }

  /** The first new picture that came after `sinceNs` (and that `wanted` accepts). */
  async pictureAfter(
    sinceNs: bigint,
    timeoutMs = 20_000,
    wanted: (picture: SeenPicture) => boolean = () => true,
  ): Promise<SeenPicture> {
    const late = (picture: SeenPicture): boolean => BigInt(picture.atNs) > sinceNs && wanted(picture);
    return this.#pictures.find(late, timeoutMs, "to see a new picture");
  }

  /** Waits until `count` pictures came after `sinceNs`. */
  async countAfter(sinceNs: bigint, count: number, timeoutMs = 20_000): Promise<void> {
    const enough = (): true | undefined =>
      this.pictures.filter(({ atNs }) => BigInt(atNs) > sinceNs).length >= count ? true : undefined;
    await this.#process.until(enough, timeoutMs, `to see ${count} new pictures`);
  }

  /** Goes away. */
  async leave(): Promise<GuestResult> {
    return this.#process.end();
  }
}

/** The states that the API told, in their order. */
export class StateLog {
  readonly #states: JsonLines<SeenState>;

  constructor(process: GuestProcess) {
    this.#states = new JsonLines(process);
  }

  /** Those of one camera since `sinceNs`. */
  since(sinceNs: bigint, id: string): readonly SeenState[] {
    return this.#states.all.filter((seen) => seen.id === id && BigInt(seen.atNs) >= sinceNs);
  }

  /** The first time since `sinceNs` that the camera was in `state` (with a reason that `reason` matches). */
  async reached(id: string, state: string, sinceNs: bigint, timeoutMs = 15_000, reason = /./): Promise<SeenState> {
    const wanted = (seen: SeenState): boolean =>
      seen.id === id &&
      seen.state === state &&
      BigInt(seen.atNs) >= sinceNs &&
      (state === "gone" || reason.test(seen.reason));
    return this.#states.find(wanted, timeoutMs, `to tell ${id}: ${state} ${reason}`);
  }
}
