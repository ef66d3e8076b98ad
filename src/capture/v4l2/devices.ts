import { readdir, readlink, realpath } from "node:fs/promises";
import { basename } from "node:path";
import { DeviceError } from "../../core/errors.ts";
import { toDeviceError } from "./device-errors.ts";
import { cameraId, cameraName, uniqueId, type DeviceLinks } from "./device-identity.ts";
import { StructBuffer } from "./kernel-struct.ts";
import type { Libc } from "./libc.ts";
import { VIDIOC_QUERYCAP } from "./requests.ts";
import { v4l2Capability } from "./structs.ts";
import { isSystemCallError } from "./system-call-error.ts";
import * as videodev2 from "./videodev2.ts";

/** What a node says about itself (QUERYCAP). */
export interface DeviceCapability {
  readonly driver: string;
  readonly card: string;
  readonly busInfo: string;
  readonly multiplanar: boolean;
}

/** A capture node. */
export interface CaptureDevice extends DeviceCapability {
  /** `[a-z0-9-]+`: the same after a replug or restart; unique in its list. */
  readonly id: string;
  readonly name: string;
  /** `/dev/videoN`: may change with every replug. */
  readonly node: string;
  /** The best name for a configuration: under by-id, else by-path, else the node. */
  readonly path: string;
}

/** A node that may be a camera but cannot be asked. */
export interface UnusableDevice {
  readonly node: string;
  readonly error: DeviceError;
}

export interface DeviceList {
  readonly devices: readonly CaptureDevice[];
  readonly unusable: readonly UnusableDevice[];
}

const nodeName = /^video(\d+)$/;

/** The names of all video nodes in `devDirectory`, in the order of their numbers. */
export async function listNodes(devDirectory = "/dev"): Promise<string[]> {
  const names = await readdir(devDirectory);
  const number = (name: string): number => Number(nodeName.exec(name)?.[1]);
  return names.filter((name) => nodeName.test(name)).sort((a, b) => number(a) - number(b));
}

/** udev's links by node name (`video0`). Empty where there is no udev. */
export async function listLinks(devDirectory = "/dev"): Promise<(node: string) => DeviceLinks> {
  const byId = await readLinks(`${devDirectory}/v4l/by-id`);
  const byPath = await readLinks(`${devDirectory}/v4l/by-path`);
  return (node) => ({ byId: byId.get(node) ?? [], byPath: byPath.get(node) ?? [] });
}

async function readLinks(directory: string): Promise<Map<string, string[]>> {
  const links = new Map<string, string[]>();
  for (const name of await readdir(directory).catch(() => [])) {
    const target = basename(await readlink(`${directory}/${name}`).catch(() => ""));
    links.set(target, [...(links.get(target) ?? []), name]);
  }
  return links;
}

/**
 * Asks an open node what it is; undefined when it is not for capture (metadata, output, memory-to-memory). `device_caps` tell:
 * `capabilities` are those of all nodes of the camera together.
 */
export function queryCapture(libc: Libc, fd: number): DeviceCapability | undefined {
  const capability = new StructBuffer(v4l2Capability);
  libc.ioctl(fd, VIDIOC_QUERYCAP, capability.bytes);
  const all = capability.uint32("capabilities");
  const hasOwn = (all & videodev2.V4L2_CAP_DEVICE_CAPS) !== 0;
  const own = hasOwn ? capability.uint32("device_caps") : all;
  const has = (flags: number): boolean => (own & flags) !== 0;
  if (has(videodev2.V4L2_CAP_VIDEO_M2M | videodev2.V4L2_CAP_VIDEO_M2M_MPLANE)) return undefined;
  const multiplanar = has(videodev2.V4L2_CAP_VIDEO_CAPTURE_MPLANE);
  if (!multiplanar && !has(videodev2.V4L2_CAP_VIDEO_CAPTURE)) return undefined;
  if (!has(videodev2.V4L2_CAP_STREAMING)) return undefined;
  return {
    driver: capability.text("driver"),
    card: capability.text("card"),
    busInfo: capability.text("bus_info"),
    multiplanar,
  };
}

/** Opens a node for a moment to ask it; undefined when it is no camera, or none any more. Throws DeviceError. */
export async function probeNode(libc: Libc, node: string): Promise<DeviceCapability | undefined> {
  try {
    const fd = await libc.worker.open(node);
    try {
      return queryCapture(libc, fd);
    } finally {
      await libc.worker.close(fd);
    }
  } catch (error) {
    if (isSystemCallError(error, "ENODEV", "ENXIO", "ENOENT", "ENOTTY")) return undefined;
    throw await toDeviceError(error, node);
  }
}

/** All capture nodes of this machine. Opens every node for a moment; needs no /sys. */
export async function listCaptureDevices(libc: Libc, devDirectory = "/dev"): Promise<DeviceList> {
  const linksOf = await listLinks(devDirectory);
  const devices: CaptureDevice[] = [];
  const unusable: UnusableDevice[] = [];
  const taken = new Set<string>();
  for (const name of await listNodes(devDirectory)) {
    const node = `${devDirectory}/${name}`;
    try {
      const capability = await probeNode(libc, node);
      if (!capability) continue;
      const device = describeDevice(node, capability, linksOf(name), taken, devDirectory);
      taken.add(device.id);
      devices.push(device);
    } catch (error) {
      if (!(error instanceof DeviceError)) throw error;
      unusable.push({ node, error });
    }
  }
  return { devices, unusable };
}

/** Puts together what a node says and what udev calls it. `taken`: the ids of the others. */
export function describeDevice(
  node: string,
  capability: DeviceCapability,
  links: DeviceLinks,
  taken: ReadonlySet<string>,
  devDirectory = "/dev",
): CaptureDevice {
  const id = uniqueId(cameraId({ ...links, ...capability }), taken);
  const [byId] = links.byId.toSorted();
  const [byPath] = links.byPath.toSorted();
  const path = byId ? `${devDirectory}/v4l/by-id/${byId}` : byPath ? `${devDirectory}/v4l/by-path/${byPath}` : node;
  return { ...capability, id, name: cameraName(capability.card, id), node, path };
}

/** The node behind any path a user writes (by-id, by-path, an own link, `/dev/video0`). Throws DeviceError `gone`. */
export async function resolveDevice(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    throw new DeviceError("gone", `${path} is not there: unplugged?`, { cause: error });
  }
}
