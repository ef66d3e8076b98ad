import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { ControlsReport } from "../../src/cli/print-controls.ts";
import type { DevicesReport } from "../../src/cli/print-devices.ts";
import type { CameraControl } from "../../src/hub/camera-controls.ts";
import { feedLoopback, makeMjpegClip, plugLoopback, plugVivid, UsbWebcam } from "../support/camera-vm-cameras.ts";
import { CameraVm, needingCameraVm } from "../support/camera-vm.ts";
import {
  parseListedControls,
  parseListedFormats,
  type ListedControl,
  type ListedFormat,
} from "../support/v4l2-ctl-listing.ts";

const typeNames: Readonly<Record<string, CameraControl["type"]>> = {
  int: "integer",
  bool: "boolean",
  menu: "menu",
  intmenu: "integer-menu",
  button: "button",
  int64: "integer64",
  bitmask: "bitmask",
  str: "string",
};

describe("sightline devices and controls beside v4l2-ctl", needingCameraVm(), () => {
  let vm: CameraVm;
  let webcam: UsbWebcam;
  let report: DevicesReport;
  let controls: readonly ControlsReport[];
  before(async () => {
    vm = await CameraVm.boot();
    await plugVivid(vm, { planes: [1, 2] });
    await plugLoopback(vm);
    await feedLoopback(vm, "/dev/video10", await makeMjpegClip(vm, 640, 480));
    webcam = await UsbWebcam.make(vm, "LIST1");
    await webcam.plug();
    const [devices, all] = await Promise.all([sightline("devices", "--json"), sightline("controls", "--json")]);
    report = JSON.parse(devices) as DevicesReport;
    controls = JSON.parse(all) as ControlsReport[];
  });
  after(async () => vm.stop());

  async function sightline(...args: readonly string[]): Promise<string> {
    const process = vm.startSightline(...args);
    const { code, stdout, stderr } = await process.finished(60_000);
    assert.equal(code, 0, stderr);
    return stdout;
  }

  async function formatsByV4l2Ctl(node: string): Promise<ListedFormat[]> {
    return parseListedFormats((await vm.run(["v4l2-ctl", "-d", node, "--list-formats-ext"])).stdout);
  }

  function formatsByUs(path: string): ListedFormat[] {
    const device = report.devices.find(({ paths }) => paths.includes(path));
    assert.ok(device, `${path} is not listed`);
    return device.formats.map(({ fourcc, sizes }) => ({
      fourcc,
      sizes: sizes.map(({ width, height, rates }) => ({
        width,
        height,
        fps: rates.map(({ maxFps }) => Number(maxFps.toFixed(3))),
      })),
    }));
  }

  it("names every capture node once and no other node", async () => {
    const nodes = report.devices.map(({ paths }) => paths.find((path) => /^\/dev\/video\d+$/.test(path)));
    const usb = (await vm.run(["readlink", "-f", webcam.byId])).stdout.trim();
    assert.deepEqual(new Set(nodes), new Set(["/dev/video0", "/dev/video1", "/dev/video10", "/dev/video11", usb]));
    assert.equal(nodes.length, 5);
    assert.deepEqual(report.unknown, []);
  });

  it("prefers the names that survive a replug", () => {
    const paths = report.devices.map((device) => device.paths[0]);
    assert.ok(paths.includes(webcam.byId), String(paths));
    assert.ok(paths.includes("/dev/v4l/by-path/platform-vivid.0-video-index0"), String(paths));
  });

  for (const node of ["/dev/video0", "/dev/video1", "/dev/video10"]) {
    it(`lists formats, sizes and rates of ${node} as v4l2-ctl does`, async () => {
      const expected = await formatsByV4l2Ctl(node);
      assert.notEqual(expected.length, 0);
      assert.deepEqual(formatsByUs(node), expected);
    });
  }

  it("lists formats, sizes and rates of a USB webcam as v4l2-ctl does", async () => {
    const expected = await formatsByV4l2Ctl(webcam.byId);
    assert.deepEqual(
      expected.map(({ fourcc, sizes }) => [fourcc, sizes.length]),
      [
        ["MJPG", 2],
        ["YUYV", 2],
      ],
    );
    assert.deepEqual(formatsByUs(webcam.byId), expected);
  });

  for (const [what, pathOf] of [
    ["single-planar vivid", () => "/dev/video0"],
    ["multi-planar vivid", () => "/dev/video1"],
    ["v4l2loopback", () => "/dev/video10"],
    ["a USB webcam", () => webcam.byId],
  ] as const) {
    it(`lists the controls of ${what} as v4l2-ctl does`, async () => {
      const paths = report.devices.find((device) => device.paths.includes(pathOf()))?.paths ?? [];
      const ours = controls.find(({ device }) => paths.includes(device));
      const theirs = parseListedControls((await vm.run(["v4l2-ctl", "-d", pathOf(), "-L"])).stdout);
      assert.ok(theirs.length > 2);
      assert.deepEqual(
        ours?.controls.map(({ name }) => name),
        theirs.map(({ name }) => name),
      );
      for (const [index, control] of (ours?.controls ?? []).entries()) {
        compare(control, theirs[index] as ListedControl);
      }
    });
  }

  it("prints the controls of one device, ready to paste", async () => {
    const text = await sightline("controls", webcam.byId);
    assert.match(text, /^ {4}controls:$/m);
    assert.match(text, /^ {6}brightness: 0 +# integer, -64 to 64\b/m);
    assert.match(text, /^ {6}auto_exposure: 3 +# menu, default 3: 0 = Auto Mode, /m);
  });
});

/** Fails where `ours` is not what v4l2-ctl printed of the same control. */
function compare(ours: CameraControl, theirs: ListedControl): void {
  const type = typeNames[theirs.type] ?? "compound";
  assert.equal(ours.type, type, theirs.name);
  assert.equal(ours.id, theirs.id, theirs.name);
  const { min, max, step, default: preset, value, dims } = theirs.facts;
  const pairs = [
    [ours.minimum, min],
    [ours.maximum, max],
    [ours.step, step],
    [ours.default, preset],
  ] as const;
  if (type === "compound") {
    if (dims !== undefined)
      assert.equal((ours.dimensions ?? []).map((count) => `[${count}]`).join(""), dims, theirs.name);
    return;
  }
  for (const [our, their] of pairs) {
    if (their !== undefined) assert.equal(number(our), BigInt(their), theirs.name);
  }
  for (const flag of ["inactive", "read-only", "write-only", "volatile", "grabbed"]) {
    const our = { inactive: ours.inactive, "read-only": ours.readOnly, "write-only": ours.writeOnly ?? false };
    const whole: Readonly<Record<string, boolean>> = {
      ...our,
      volatile: ours.volatile ?? false,
      grabbed: ours.grabbed ?? false,
    };
    assert.equal(whole[flag], theirs.flags.includes(flag), `${theirs.name} ${flag}`);
  }
  if (type === "menu" || type === "integer-menu") {
    const entries = Array.from(theirs.menu, ([entry, label]) => [entry, type === "menu" ? label : label.split(" ")[0]]);
    assert.deepEqual(
      (ours.menu ?? []).map(({ value: entry, label }) => [entry, label]),
      entries,
      theirs.name,
    );
  }
  if (type === "button") assert.equal(ours.value, undefined);
  else if (type === "string") assert.equal(`'${ours.value}'`, value);
  // v4l2-ctl prints bit masks signed; what the camera changes by itself may have changed between the two
  else if (type === "bitmask") assert.equal(BigInt.asIntN(32, number(ours.value)), BigInt(value ?? ""), theirs.name);
  else if (!theirs.flags.includes("volatile")) assert.equal(number(ours.value), BigInt(value ?? ""), theirs.name);
}

function number(value: CameraControl["value"]): bigint {
  return BigInt(value ?? Number.NaN);
}
