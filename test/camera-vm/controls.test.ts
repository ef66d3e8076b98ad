import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { plugVivid, rebindVivid, unbindVivid, UsbWebcam, vividPath } from "../support/camera-vm-cameras.ts";
import { GuestSightline } from "../support/camera-vm-sightline.ts";
import { CameraVm, needingCameraVm } from "../support/camera-vm.ts";
import { until } from "../support/wait.ts";
import type { SeenControls } from "./guest/controls-watcher.ts";

/** vivid has taken /dev/video0. */
const webcamNode = "/dev/video1";
const stateFile = "/tmp/sightline-data/state.json";

describe("controls set at run time, on a real kernel's cameras", needingCameraVm(), () => {
  let vm: CameraVm;
  let sightline: GuestSightline;
  let webcam: UsbWebcam;
  before(async () => {
    vm = await CameraVm.boot();
    await plugVivid(vm);
    webcam = await UsbWebcam.make(vm, "USB1");
    await webcam.plug();
    await serve();
  });
  after(async () => vm.stop());

  async function serve(): Promise<void> {
    const picture = { format: "yuyv", width: 640, height: 360, fps: 10, lingerSeconds: 0.5 };
    const vivid = { id: "vivid", device: vividPath, ...picture, controls: { brightness: 140, saturation: 100 } };
    const usb = { id: "webcam", device: webcamNode, lingerSeconds: 0.5 };
    sightline = await GuestSightline.serve(vm, { cameras: [vivid, usb] });
  }

  async function set(id: string, values: object): Promise<void> {
    const headers = { "content-type": "application/json" };
    const body = JSON.stringify(values);
    const url = `${sightline.origin}/api/cameras/${id}/controls`;
    const response = await fetch(url, { method: "PATCH", headers, body });
    assert.equal(response.status, 200, await response.text());
  }

  /** Opens the camera for one picture and waits until it is closed again. */
  async function open(id: string): Promise<void> {
    const snapshot = await fetch(`${sightline.origin}/cameras/${id}/snapshot.jpg`);
    assert.equal(snapshot.status, 200, await snapshot.text());
    await until(async () => (await sightline.camera(id)).state === "idle", `${id} to be closed`);
  }

  /** `expected`: `brightness=1 contrast=2` as the kernel says. */
  async function has(device: string, expected: string): Promise<void> {
    const names = expected.replaceAll(/=\S+/g, "").replaceAll(" ", ",");
    const { stdout } = await vm.run(["v4l2-ctl", "-d", device, "-C", names]);
    const values = stdout.trim().replaceAll(": ", "=").replaceAll("\n", " ");
    if (values === expected) return;
    const state = await vm.shell(`cat ${stateFile} || true`);
    assert.fail(`${values} instead of ${expected}\n${state.stdout}\n${sightline.log.slice(-4000)}`);
  }

  it("are set again after a restart of Sightline, over the config's", async () => {
    await set("vivid", { brightness: 99, contrast: 77 });
    await set("webcam", { brightness: -20 });
    await sightline.stop(); // at once: what is not on the disk yet is written now
    assert.match(sightline.log, /"msg":"stopped"/, "it was cut short");
    await vm.run(["v4l2-ctl", "-d", vividPath, "-c", "brightness=1,contrast=2,saturation=3"]);
    await serve();
    await open("vivid");
    await has(vividPath, "brightness=99 contrast=77 saturation=100");
    const { stdout } = await vm.run(["stat", "-c", "%a %F", stateFile]);
    assert.equal(stdout, "600 regular file\n");
  });

  it("are set again when the streaming camera was unbound and bound", async () => {
    const viewer = await sightline.watch("/cameras/vivid/stream");
    await viewer.pictureAfter(0n);
    await unbindVivid(vm);
    await viewer.pictureAfter(await rebindVivid(vm));
    await has(vividPath, "brightness=99 contrast=77 saturation=100");
    await vm.run(["v4l2-ctl", "-d", vividPath, "-c", "brightness=55"]);
    const response = await fetch(`${sightline.origin}/api/cameras/vivid/controls`);
    const { controls } = (await response.json()) as { controls: { name: string; value: unknown }[] };
    assert.equal(controls.find(({ name }) => name === "brightness")?.value, 55);
    await viewer.leave();
  });

  it("are one webcam's, and not those of another one at the same node", async () => {
    await webcam.pull();
    const other = await UsbWebcam.make(vm, "USB2");
    await other.plug();
    await open("webcam");
    assert.match(other.log, /^streaming on$/m);
    assert.doesNotMatch(other.log, /^brightness=-20$/m);
    await has(webcamNode, "brightness=0");
    await other.pull();
    await webcam.plug();
    await open("webcam");
    assert.match(webcam.log, /^brightness=-20$[^]*^streaming on$/m);
    await has(webcamNode, "brightness=-20");
  });

  it("are told to listeners when another program sets them while the camera streams", async () => {
    await sightline.stop();
    const watcher = vm.startNode("test/camera-vm/guest/controls-watcher.ts", vividPath);
    const seen = (wanted: (controls: SeenControls) => boolean): Promise<SeenControls> => {
      const lines = (): SeenControls[] =>
        watcher.stdout
          .split("\n")
          .slice(0, -1)
          .map((line) => JSON.parse(line) as SeenControls);
      return watcher.until(() => lines().find(wanted), 30_000, "to tell of the change");
    };
    await seen(() => true);
    await vm.run(["v4l2-ctl", "-d", vividPath, "-c", "contrast=11"]);
    await seen(({ values }) => values["contrast"] === 11);
    await vm.run(["v4l2-ctl", "-d", vividPath, "-c", "gain_automatic=0"]);
    await seen(({ values, inactive }) => values["gain_automatic"] === false && !inactive.includes("gain"));
    await watcher.end();
  });
});
