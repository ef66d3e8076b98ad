import { constants } from "node:os";
import { chooseFormat, type FormatChoice } from "../capture/v4l2/choose-format.ts";
import { toDeviceError } from "../capture/v4l2/device-errors.ts";
import { listCaptureDevices, listLinks, type CaptureDevice } from "../capture/v4l2/devices.ts";
import type { FormatOffer } from "../capture/v4l2/format-offer.ts";
import { listFormats } from "../capture/v4l2/formats.ts";
import { StructBuffer } from "../capture/v4l2/kernel-struct.ts";
import { libc } from "../capture/v4l2/libc.ts";
import { VIDIOC_REQBUFS } from "../capture/v4l2/requests.ts";
import { v4l2Requestbuffers } from "../capture/v4l2/structs.ts";
import { SystemCallError } from "../capture/v4l2/system-call-error.ts";
import * as videodev2 from "../capture/v4l2/videodev2.ts";
import { DeviceError } from "../core/errors.ts";
import { printDevices, type DeviceReport, type DevicesReport } from "./print-devices.ts";

export interface DevicesCommandOptions {
  /** JSON instead of text for people. */
  readonly json: boolean;
  /** Where the output goes. */
  readonly write: (text: string) => void;
  /** Default: looks at this machine. */
  readonly inspect?: () => Promise<DevicesReport>;
}

/**
 * Who streams from the open node, in words; undefined when nobody does. Asks for no buffers, which frees none that are not
 * ours and fails with EBUSY when another one's are there.
 */
async function findUser(fd: number, node: string, bufferType: number): Promise<string | undefined> {
  const request = new StructBuffer(v4l2Requestbuffers)
    .setUint32("type", bufferType)
    .setUint32("memory", videodev2.V4L2_MEMORY_MMAP);
  const errno = libc.tryIoctl(fd, VIDIOC_REQBUFS, request.bytes);
  if (errno !== constants.errno.EBUSY) return undefined;
  return (await toDeviceError(new SystemCallError("VIDIOC_REQBUFS", errno), node)).message;
}

function chooseAuto(formats: readonly FormatOffer[], path: string): { auto?: FormatChoice; problem?: string } {
  try {
    return { auto: chooseFormat(formats, { format: "auto" }, path) };
  } catch (error) {
    if (error instanceof DeviceError) return { problem: error.message };
    throw error;
  }
}

type Findings = Pick<DeviceReport, "formats" | "auto" | "state" | "problem">;

async function inspectOpen(fd: number, { node, path, multiplanar }: CaptureDevice): Promise<Findings> {
  const { V4L2_BUF_TYPE_VIDEO_CAPTURE, V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE } = videodev2;
  const bufferType = multiplanar ? V4L2_BUF_TYPE_VIDEO_CAPTURE_MPLANE : V4L2_BUF_TYPE_VIDEO_CAPTURE;
  const formats = await listFormats(libc, fd, bufferType);
  const { auto, problem } = chooseAuto(formats, path);
  const user = await findUser(fd, node, bufferType);
  if (user !== undefined) return { formats, auto, state: "in use", problem: user };
  return { formats, auto, state: auto ? "free" : "unusable", problem };
}

async function inspectNode(device: CaptureDevice): Promise<Findings> {
  try {
    const fd = await libc.worker.open(device.node);
    try {
      return await inspectOpen(fd, device);
    } finally {
      await libc.worker.close(fd);
    }
  } catch (error) {
    const { message } = await toDeviceError(error, device.node);
    return { formats: [], auto: undefined, state: "unusable", problem: message };
  }
}

/** Every capture node of this machine; opens each for a moment and changes nothing. */
async function inspectDevices(): Promise<DevicesReport> {
  const { devices, unusable } = await listCaptureDevices(libc);
  const linksOf = await listLinks();
  const reports: DeviceReport[] = [];
  for (const device of devices) {
    const links = linksOf(device.node.slice("/dev/".length));
    const byId = links.byId.map((name) => `/dev/v4l/by-id/${name}`);
    const byPath = links.byPath.map((name) => `/dev/v4l/by-path/${name}`);
    const { id, name, path, node, driver, busInfo } = device;
    const paths = [...new Set([path, ...byId, ...byPath, node])];
    reports.push({ id, name, paths, driver, bus: busInfo, ...(await inspectNode(device)) });
  }
  return { devices: reports, unknown: unusable.map(({ node, error }) => ({ node, problem: error.message })) };
}

/** `sightline devices`: writes what cameras there are and answers with the exit status. */
export async function runDevicesCommand({ json, write, inspect }: DevicesCommandOptions): Promise<number> {
  const report = await (inspect ?? inspectDevices)();
  write(json ? `${JSON.stringify(report, undefined, 2)}\n` : printDevices(report));
  return 0;
}
