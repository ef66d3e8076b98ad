import { createV4l2Controls, type V4l2Controls } from "../../../../src/capture/v4l2/controls.ts";
import { silentLog, type Log } from "../../../../src/core/log.ts";
import type { ControlValue } from "../../../../src/hub/camera-controls.ts";
import { FakeCamera, type FakeCameraOptions, type FakeControl } from "./controls-fake.ts";

const exposureModes = { 1: "Manual Mode", 3: "Aperture Priority Mode" };

/** A webcam as uvcvideo shows it: the mode comes after what it gates in the driver's order. */
export function webcam(): FakeControl[] {
  return [
    { id: 0x980900, label: "Brightness", default: 128n, value: 100n },
    { id: 0x98090c, label: "White Balance, Automatic", type: 2, maximum: 1n, default: 1n, value: 1n },
    { id: 0x980913, label: "Gain", step: 5n, default: 10n },
    {
      id: 0x9a0900,
      label: "Exposure Time, Absolute",
      maximum: 5000n,
      default: 156n,
      offWhile: { id: 0x9a0901, value: 3n },
    },
    { id: 0x9a0901, label: "Auto Exposure", type: 3, maximum: 3n, default: 3n, menu: exposureModes },
    { id: 0x9a0910, label: "Pan Reset", type: 4, flags: 0x40 },
    { id: 0x9a0920, label: "Privacy", type: 2, maximum: 1n, flags: 0x4 },
  ];
}

/** Controls over a fake camera. */
export interface Rig {
  camera: FakeCamera;
  controls: V4l2Controls;
  warnings: string[];
}

export function rig(initial: Record<string, ControlValue> = {}, fakes = webcam(), options?: FakeCameraOptions): Rig {
  const camera = new FakeCamera(fakes, options);
  const warnings: string[] = [];
  const log: Log = { ...silentLog, warn: (_fields, message) => void warnings.push(message) };
  const controls = createV4l2Controls({ device: "/dev/video7", initial, log, system: camera.system() });
  return { camera, controls, warnings };
}
