import assert from "node:assert/strict";
import { suite, test } from "node:test";
import { runDevicesCommand } from "../../../src/cli/devices-command.ts";
import { printDevices, type DeviceReport, type DevicesReport } from "../../../src/cli/print-devices.ts";

const rates = (...fps: number[]) => fps.map((rate) => ({ minFps: rate, maxFps: rate }));
const size = (width: number, height: number, ...fps: number[]) => ({ width, height, rates: rates(...fps) });
const format = { description: "", compressed: false, emulated: false };

const webcam: DeviceReport = {
  id: "c920",
  name: "HD Pro Webcam C920",
  paths: ["/dev/v4l/by-id/usb-C920-video-index0", "/dev/video0"],
  driver: "uvcvideo",
  bus: "usb-0000:00:14.0-1",
  formats: [
    {
      ...format,
      fourcc: "MJPG",
      compressed: true,
      sizes: [size(1920, 1080, 30, 15), size(1280, 720, 30, 15), size(640, 480, 60)],
    },
    { ...format, fourcc: "YUYV", sizes: [size(640, 480, 29.97002997)] },
    { ...format, fourcc: "NV12", emulated: true, sizes: [size(640, 480, 29.97002997)] },
    { ...format, fourcc: "H264", compressed: true, sizes: [] },
    { ...format, fourcc: "Y16", sizes: [] },
  ],
  auto: { fourcc: "MJPG", width: 1920, height: 1080, fps: 30 },
  state: "in use",
  problem: "/dev/video0 is in use by ustreamer (pid 812)",
};

const scaler: DeviceReport = {
  ...webcam,
  id: "scaler",
  name: "Scaler\u001b[31m\n",
  paths: ["/dev/video2"],
  bus: "",
  formats: [
    {
      ...format,
      fourcc: "GREY",
      sizes: [{ width: 640, height: 480, rates: [{ minFps: 1, maxFps: 60 }] }],
      range: {
        continuous: false,
        minWidth: 32,
        maxWidth: 640,
        stepWidth: 8,
        minHeight: 16,
        maxHeight: 480,
        stepHeight: 4,
      },
    },
    { ...format, fourcc: "UYVY", sizes: [{ width: 640, height: 480, rates: [] }] },
    { ...format, fourcc: "RGB3", sizes: [] },
  ],
  auto: { fourcc: "UYVY", width: 640, height: 480, fps: 0 },
  state: "free",
  problem: undefined,
};

const printed = `c920  HD Pro Webcam C920
  device    /dev/v4l/by-id/usb-C920-video-index0
            /dev/video0
  driver    uvcvideo, usb-0000:00:14.0-1
  state     in use: /dev/video0 is in use by ustreamer (pid 812)
  auto      MJPG 1920x1080 at 30 fps
  formats   MJPG
              1920x1080, 1280x720 at 30, 15 fps
              640x480 at 60 fps
            YUYV, NV12 (emulated)
              640x480 at 29.97 fps
            not used: H264, Y16

scaler  Scaler [31m${" "}
  device    /dev/video2
  driver    uvcvideo
  state     free
  auto      UYVY 640x480
  formats   GREY
              any size from 32x16 to 640x480 in steps of 8x4, for example
              640x480 at 1-60 fps
            UYVY
              640x480 at rate not listed
            RGB3
              sizes not listed

/dev/video9: no permission to open /dev/video9
`;

const report: DevicesReport = {
  devices: [webcam, scaler],
  unknown: [{ node: "/dev/video9", problem: "no permission to open /dev/video9" }],
};

suite("sightline devices", () => {
  test("prints everything there is to know", () => assert.equal(printDevices(report), printed));

  test("a long list of sizes is broken into lines that fit a terminal", () => {
    const many = Array.from({ length: 40 }, (_, index) => size(1000 + index, 1000, 30));
    const text = printDevices({
      devices: [{ ...webcam, formats: [{ ...format, fourcc: "MJPG", sizes: many }] }],
      unknown: [],
    });
    assert.ok(text.split("\n").every((line) => line.length <= 120));
    assert.equal(text.match(/\d{4}x1000/g)?.length, 40);
  });

  test("a camera without a format that can be used", () => {
    const odd = {
      ...webcam,
      formats: [],
      auto: undefined,
      state: "unusable" as const,
      problem: "offers no format at all",
    };
    const text = printDevices({ devices: [odd], unknown: [] });
    assert.match(
      text,
      /state {5}unusable: offers no format at all\n {2}auto {6}nothing that can be used\n {2}formats {3}none\n/,
    );
  });

  test("no camera: says so and how to check", async () => {
    const written: string[] = [];
    const none = { devices: [], unknown: [] };
    const options = { write: (text: string) => void written.push(text), inspect: async () => none };
    assert.equal(await runDevicesCommand({ json: false, ...options }), 0);
    assert.match(written.join(""), /^No camera found: [\s\S]*lsusb[\s\S]*\/dev\/video/);
    written.length = 0;
    assert.equal(await runDevicesCommand({ json: true, ...options }), 0);
    assert.deepEqual(JSON.parse(written.join("")), none);
  });

  test("JSON has the same", async () => {
    const written: string[] = [];
    await runDevicesCommand({ json: true, write: (text) => void written.push(text), inspect: async () => report });
    assert.deepEqual(JSON.parse(written.join("")), JSON.parse(JSON.stringify(report)));
  });
});
