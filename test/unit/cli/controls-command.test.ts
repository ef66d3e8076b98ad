import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { runControlsCommand, type ControlsCameras } from "../../../src/cli/controls-command.ts";
import { DeviceError } from "../../../src/core/errors.ts";
import type { CameraControl } from "../../../src/hub/camera-controls.ts";

const brightness: CameraControl = {
  name: "brightness",
  label: "Brightness",
  id: 0x980900,
  type: "integer",
  minimum: 0,
  maximum: 255,
  step: 1,
  default: 128,
  value: 130,
  inactive: false,
  readOnly: false,
};

const common = { driver: "uvcvideo", card: "Webcam", busInfo: "usb-1", multiplanar: false };
const front = {
  ...common,
  id: "front",
  name: "Front",
  node: "/dev/video0",
  path: "/dev/v4l/by-id/usb-Front-video-index0",
};
const back = { ...common, id: "back", name: "Back", node: "/dev/video2", path: "/dev/video2" };

/** Two cameras, of which `back` has been unplugged since they were listed. */
const two: ControlsCameras = {
  list: async () => ({ devices: [front, back], unusable: [] }),
  controls: async (device) => {
    if (device === front.path || device === "/dev/own-link") return [brightness];
    throw new DeviceError("gone", `${device} is not there: unplugged?`);
  },
};

async function run(device: string | undefined, json: boolean, cameras = two): Promise<[number, string]> {
  const written: string[] = [];
  const status = await runControlsCommand({ device, json, write: (text) => written.push(text), cameras });
  return [status, written.join("")];
}

const setting = "      brightness: 130  # integer, 0 to 255, step 1, default 128";
const frontYaml = `# Front, ${front.path}\n    controls:\n${setting}\n`;

suite("sightline controls", () => {
  test("prints every camera and says which one failed", async () => {
    assert.deepEqual(await run(undefined, false), [1, `${frontYaml}\n# /dev/video2 is not there: unplugged?\n`]);
  });

  for (const device of ["front", front.node, front.path]) {
    test(`finds the camera by ${device}`, async () => assert.deepEqual(await run(device, false), [0, frontYaml]));
  }

  test("takes any other path as it is", async () => {
    const [status, text] = await run("/dev/own-link", false);
    assert.deepEqual([status, text.split("\n")[0]], [0, "# camera, /dev/own-link"]);
  });

  test("an unknown name is answered with the names there are", async () => {
    assert.deepEqual(await run("frnt", false), [1, "# there is no camera frnt; there are front, back\n"]);
  });

  test("JSON is one entry for each camera", async () => {
    const [status, text] = await run(undefined, true);
    assert.equal(status, 1);
    assert.deepEqual(JSON.parse(text), [
      { device: front.path, name: "Front", controls: [brightness] },
      { device: back.path, problem: "/dev/video2 is not there: unplugged?" },
    ]);
  });

  test("nodes that may not be opened are told of", async () => {
    const error = new DeviceError("permission", "no permission to open /dev/video0");
    const locked: ControlsCameras = {
      ...two,
      list: async () => ({ devices: [], unusable: [{ node: "/dev/video0", error }] }),
    };
    assert.deepEqual(await run(undefined, false, locked), [1, "# no permission to open /dev/video0\n"]);
  });

  test("no camera: says so and how to check", async () => {
    const none: ControlsCameras = { ...two, list: async () => ({ devices: [], unusable: [] }) };
    const [status, text] = await run(undefined, false, none);
    assert.equal(status, 1);
    assert.match(text, /^No camera found: [\s\S]*lsusb[\s\S]*\/dev\/video/);
    assert.deepEqual(await run(undefined, true, none), [1, "[]\n"]);
  });
});
