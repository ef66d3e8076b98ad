import { choice, decimal, list, overrides, size, text, whole, type Field } from "./field.ts";
import { motionSection, recordingSection } from "./feature-sections.ts";
import { identifier } from "./texts.ts";

const fps = { min: 0.1, max: 1000, unit: "a second" } as const;
const pixels = { min: 16, max: 16_384, unit: "pixels" } as const;

const controls: Field<Readonly<Record<string, number | boolean | string>>> = {
  doc: "The camera's own settings, as `sightline controls` prints them; set again after every start and replug.",
  format: "controls",
  default: {},
  example: "{ brightness: 140, white_balance_automatic: false }",
};

/** One entry of `cameras`. */
export const cameraSection = {
  id: text({
    doc: "Name in URLs and topics. Absent: made from the device's name.",
    default: undefined,
    example: "front-door",
    ...identifier,
  }),
  name: text({ doc: "Name for people. Absent: the id.", default: undefined, example: "Front door" }),
  source: choice({
    doc: "A V4L2 device, the standard output of a program, or a moving test picture.",
    default: "v4l2",
    choices: ["v4l2", "command", "test-pattern"],
  }),
  device: text({
    doc: "For `v4l2`. Names under /dev/v4l/by-id stay the same after a replug. Absent: the first capture device (only where this is the only v4l2 camera).",
    default: undefined,
    accepts: (value) => value.startsWith("/"),
    must: "the path of a device, e.g. /dev/video0",
    example: "/dev/video0",
  }),
  command: list<string, undefined>({
    doc: "For `command`: program and arguments; it writes MJPEG or H.264 (Annex B) to its standard output. No shell is involved.",
    default: undefined,
    item: text({ doc: "Word.", default: "-" }),
    alternative: true,
    example: "[rpicam-vid, -t, '0', --codec, mjpeg, -o, '-']",
  }),
  format: choice({
    doc: "What to ask the camera for; `auto`: the best that it has.",
    default: "auto",
    choices: ["auto", "mjpeg", "h264", "yuyv", "uyvy", "nv12", "yu12", "rgb24", "bgr24", "grey"],
    aliases: {
      mjpg: "mjpeg",
      jpeg: "mjpeg",
      yuy2: "yuyv",
      i420: "yu12",
      yuv420: "yu12",
      rgb3: "rgb24",
      bgr3: "bgr24",
      gray: "grey",
      y8: "grey",
    },
  }),
  width: whole({ doc: "Width. Absent: chosen with `format`.", default: undefined, ...pixels, example: "1280" }),
  height: whole({ doc: "Height. Absent: chosen with `format`.", default: undefined, ...pixels, example: "720" }),
  fps: decimal({ doc: "Frame rate. Absent: chosen with `format`.", default: undefined, ...fps, example: "30" }),
  rotation: choice({
    doc: "Turn the picture clockwise, in degrees.",
    default: 0,
    choices: [0, 90, 180, 270],
  }),
  flip: choice({
    doc: "Mirror the picture: left and right (`horizontal`), upside down (`vertical`).",
    default: "none",
    choices: ["none", "horizontal", "vertical", "both"],
  }),
  capture: choice({
    doc: "Run only while somebody looks, or always.",
    default: "on-demand",
    choices: ["on-demand", "always"],
  }),
  lingerSeconds: decimal({
    doc: "How long an on-demand camera runs on after the last viewer left.",
    default: 10,
    min: 0,
    max: 3600,
    unit: "seconds",
  }),
  h264: {
    encoder: choice({
      doc: "Encoder for cameras without H.264 of their own; `auto`: the best that works; `off`: none.",
      default: "auto",
      choices: ["auto", "h264_v4l2m2m", "h264_vaapi", "libx264", "off"],
    }),
    bitrate: size({
      doc: "Bits a second. Absent: from size and rate.",
      default: undefined,
      min: 50_000,
      max: 200_000_000,
      unit: "bit/s",
      example: "4M",
    }),
    gopSeconds: decimal({ doc: "Time between keyframes.", default: 1, min: 0.1, max: 60, unit: "seconds" }),
    sub: {
      width: whole({ doc: "Width of the small stream.", default: undefined, ...pixels, example: "640" }),
      height: whole({ doc: "Height of the small stream.", default: undefined, ...pixels, example: "360" }),
      fps: decimal({ doc: "Rate of the small stream.", default: undefined, ...fps, example: "5" }),
    },
  },
  controls,
  motion: overrides(motionSection),
  recording: overrides(recordingSection),
};
