import { createV4l2Controls } from "../capture/v4l2/controls.ts";
import {
  listCaptureDevices,
  probeNode,
  resolveDevice,
  type CaptureDevice,
  type DeviceList,
} from "../capture/v4l2/devices.ts";
import { libc } from "../capture/v4l2/libc.ts";
import { DeviceError } from "../core/errors.ts";
import { silentLog } from "../core/log.ts";
import type { CameraControl } from "../hub/camera-controls.ts";
import { printControls, type ControlsReport } from "./print-controls.ts";
import { printDevices } from "./print-devices.ts";

export interface ControlsCommandOptions {
  /** A node's path or a camera's id as `sightline devices` prints it; undefined: every camera. */
  readonly device: string | undefined;
  /** JSON instead of YAML. */
  readonly json: boolean;
  /** Where the output goes. */
  readonly write: (text: string) => void;
  /** Default: this machine's. */
  readonly cameras?: ControlsCameras;
}

/** The cameras that the command looks at. */
export interface ControlsCameras {
  list(): Promise<DeviceList>;
  /** Rejects with DeviceError. */
  controls(device: string): Promise<readonly CameraControl[]>;
}

async function controlsOf(device: string): Promise<readonly CameraControl[]> {
  // Most other files open just as well, and have no controls: say what is wrong instead.
  if ((await probeNode(libc, await resolveDevice(device))) === undefined) {
    throw new DeviceError("unsupported", `${device} is no camera: it does not capture video`);
  }
  return createV4l2Controls({ device, initial: {}, log: silentLog }).list();
}

const machine: ControlsCameras = { list: () => listCaptureDevices(libc), controls: controlsOf };

/** A camera whose controls cannot be asked for. */
interface Failure {
  readonly device: string;
  readonly problem: string;
}

interface Wanted {
  readonly device: string;
  readonly name: string;
}

/** The cameras meant by `device`: a path or id that is listed, any other path as it is, or all. */
function select(device: string | undefined, { devices }: DeviceList): Wanted[] | Failure {
  const toWanted = ({ path, name }: CaptureDevice): Wanted => ({ device: path, name });
  if (device === undefined) return devices.map(toWanted);
  const known = devices.find(({ id, path, node }) => device === id || device === path || device === node);
  if (known) return [toWanted(known)];
  if (device.includes("/")) return [{ device, name: "camera" }];
  const ids = devices.map(({ id }) => id).join(", ");
  return { device, problem: `there is no camera ${device}${ids === "" ? "" : `; there are ${ids}`}` };
}

async function ask(cameras: ControlsCameras, { device, name }: Wanted): Promise<ControlsReport | Failure> {
  try {
    return { device, name, controls: await cameras.controls(device) };
  } catch (error) {
    if (error instanceof DeviceError) return { device, problem: error.message };
    throw error;
  }
}

function print(report: ControlsReport | Failure): string {
  return "problem" in report ? `# ${report.problem}\n` : printControls(report);
}

async function collect(device: string | undefined, cameras: ControlsCameras): Promise<(ControlsReport | Failure)[]> {
  const list = await cameras.list();
  const wanted = select(device, list);
  if ("problem" in wanted) return [wanted];
  const reports: (ControlsReport | Failure)[] = [];
  for (const camera of wanted) reports.push(await ask(cameras, camera));
  const unusable = list.unusable.map(({ node, error }) => ({ device: node, problem: error.message }));
  return device === undefined ? [...reports, ...unusable] : reports;
}

/**
 * `sightline controls [DEVICE]`: writes the controls as YAML for the config (or JSON) and answers with the exit status: 1 when
 * there is no camera or one could not be asked.
 */
export async function runControlsCommand({ device, json, write, cameras }: ControlsCommandOptions): Promise<number> {
  const reports = await collect(device, cameras ?? machine);
  if (json) write(`${JSON.stringify(reports, undefined, 2)}\n`);
  else if (reports.length === 0) write(printDevices({ devices: [], unknown: [] }));
  else write(reports.map(print).join("\n"));
  return reports.length === 0 || reports.some((report) => "problem" in report) ? 1 : 0;
}
