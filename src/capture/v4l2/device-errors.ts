import { readFile, stat } from "node:fs/promises";
import { DeviceError } from "../../core/errors.ts";
import { findHolders, type Holder } from "./device-holders.ts";
import { isSystemCallError, type SystemCallError } from "./system-call-error.ts";

/** No camera behind this node (any more). */
const gone = ["ENODEV", "ENXIO", "ENOENT", "ESHUTDOWN", "ENOTDIR"];

/**
 * Turns whatever went wrong with the camera at `device` into a DeviceError in plain words, looking up who holds it or which
 * group may open it. A DeviceError stays as it is. Never rejects.
 */
export async function toDeviceError(error: unknown, device: string): Promise<DeviceError> {
  if (error instanceof DeviceError) return error;
  if (!isSystemCallError(error)) {
    const message = error instanceof Error ? error.message : String(error);
    return new DeviceError("failed", `${device} failed: ${message}`, { cause: error });
  }
  const options = { cause: error };
  if (gone.includes(error.code)) return new DeviceError("gone", `${device} is not there: unplugged?`, options);
  if (error.code === "EBUSY") return new DeviceError("busy", await busyMessage(device), options);
  if (error.code === "EACCES" || error.code === "EPERM") {
    return new DeviceError("permission", await permissionMessage(device), options);
  }
  if (error.code === "ENOSPC") return new DeviceError("bandwidth", bandwidthMessage(device), options);
  if (error.code === "ENOTTY") return new DeviceError("unsupported", `${device} is not a video device`, options);
  return new DeviceError("failed", failedMessage(error, device), options);
}

async function busyMessage(device: string): Promise<string> {
  const { holders, complete } = await findHolders(device);
  if (holders.length > 0) return `${device} is in use by ${holders.map(formatHolder).join(", ")}`;
  if (!complete) return `${device} is in use, held by another user's process: sudo fuser -v ${device}`;
  return `${device} is in use by another camera of this configuration, or outside this container`;
}

function formatHolder({ name, pid }: Holder): string {
  return `${name} (pid ${pid})`;
}

async function permissionMessage(device: string): Promise<string> {
  const start = `no permission to open ${device}`;
  try {
    const { gid, mode } = await stat(device);
    const group = await groupName(gid);
    const isOpenToGroup = (mode & 0o060) === 0o060;
    const isMember = gid === process.getgid?.() || process.getgroups?.().includes(gid) === true;
    if (isOpenToGroup && gid !== 0 && !isMember) {
      return `${start}: it belongs to the group ${group}. Run "sudo usermod -aG ${group} $USER", then log in again`;
    }
    if (isOpenToGroup && isMember) {
      return `${start} although its group ${group} fits: a container or service must be allowed the device as well`;
    }
    return `${start}: its mode ${(mode & 0o777).toString(8)} lets only its owner in. Run "sudo chmod 660 ${device}", group ${group}`;
  } catch {
    return start;
  }
}

async function groupName(gid: number): Promise<string> {
  const lines = (await readFile("/etc/group", "utf8")).split("\n").map((line) => line.split(":"));
  return lines.find(([, , id]) => id === String(gid))?.[0] ?? String(gid);
}

function bandwidthMessage(device: string): string {
  return (
    `no room on the USB bus for ${device}: other cameras there take it all. ` +
    "Lower width, height or fps, use format mjpeg, or plug it into a port of another USB controller"
  );
}

const hints: Readonly<Record<string, string>> = {
  EPROTO: "the camera broke the USB protocol; try another cable or port, a powered hub, or replug it",
  EIO: "input/output error; check the cable, replug it if this lasts",
  ETIMEDOUT: "the camera did not answer in time; replug it if this lasts",
  EREMOTEIO: "the camera did not answer",
  EPIPE: "the camera refused, or its signal changed",
  EINVAL: "the driver refused",
  ENOMEM: "not enough memory for its buffers; lower width and height",
  EMFILE: "this process has too many files open; raise its limit (ulimit -n)",
  ENFILE: "the system has too many files open",
  ENOLINK: "its pipeline is not connected; the sensor needs setting up with media-ctl or libcamera",
};

function failedMessage({ code, syscall }: SystemCallError, device: string): string {
  const hint = hints[code];
  return `${device} failed: ${hint ? `${hint} (${code} from ${syscall})` : `${code} from ${syscall}`}`;
}
