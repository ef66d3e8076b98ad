import { DeviceError } from "../../core/errors.ts";

/** How a program came to its end. */
export interface ProgramEnd {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** Debian packages of the programs people capture with. */
const packages: Readonly<Record<string, string>> = {
  "rpicam-vid": "rpicam-apps",
  "libcamera-vid": "libcamera-apps",
  ffmpeg: "ffmpeg",
  "gst-launch-1.0": "gstreamer1.0-tools",
  gphoto2: "gphoto2",
  "v4l2-ctl": "v4l-utils",
};

/** How to make a program write MJPEG to stdout. */
const mjpegArguments: Readonly<Record<string, string>> = {
  "rpicam-vid": "--codec mjpeg -o -",
  "libcamera-vid": "--codec mjpeg -o -",
  ffmpeg: "-c:v mjpeg -f mjpeg -",
  "gst-launch-1.0": "… ! jpegenc ! fdsink fd=1",
};

/** Why a program could not be started. */
export function explainSpawnError(program: string, error: NodeJS.ErrnoException): DeviceError {
  const options = { cause: error };
  if (error.code === "ENOENT") {
    const name = packages[program];
    const advice = name ? `install it with: sudo apt-get install ${name}` : "install it, or give its whole path";
    return new DeviceError("unsupported", `${program}: not found; ${advice}`, options);
  }
  if (error.code === "EACCES") {
    return new DeviceError(
      "permission",
      `${program}: this user may not execute it (is it a program? chmod +x)`,
      options,
    );
  }
  return new DeviceError("failed", `${program}: cannot be started (${error.code ?? error.message})`, options);
}

/** Why a program that should have gone on is over. `stderr`: its last lines. */
export function explainEnd(program: string, end: ProgramEnd, stderr: readonly string[]): DeviceError {
  const how = end.signal ? `was ended by ${end.signal}` : `ended by itself with exit status ${end.code ?? "unknown"}`;
  return new DeviceError("failed", withStderr(`${program}: ${how}`, stderr));
}

/** No picture for too long. `bytes`: what it wrote in all; `pictures`: whether one was among it. */
export function explainStall(
  program: string,
  told: { readonly seconds: number; readonly bytes: number; readonly pictures: number },
  stderr: readonly string[],
): DeviceError {
  const seconds = told.seconds.toFixed(1).replace(/\.0$/, "");
  if (told.pictures === 0 && told.bytes > 0) return explainOutput(program, undefined, stderr);
  const what = told.pictures > 0 ? "no new picture" : "nothing at all on stdout";
  return new DeviceError("stalled", withStderr(`${program}: wrote ${what} for ${seconds} s`, stderr));
}

/** It writes something that is not MJPEG. `kind`: what, where that is known. */
export function explainOutput(program: string, kind: string | undefined, stderr: readonly string[]): DeviceError {
  const advice = mjpegArguments[program];
  const change = advice ? `; make it write MJPEG: ${program} ${advice}` : "; make it write MJPEG";
  const what = kind ? `writes ${kind}, not MJPEG` : "writes something that is not MJPEG";
  return new DeviceError("format", withStderr(`${program}: ${what}${change}`, stderr));
}

function withStderr(message: string, stderr: readonly string[]): string {
  if (stderr.length === 0) return message;
  const all = stderr.join(" / ");
  // Node gives a child a socket as stdout, and Linux does not let anybody open a socket by name.
  const advice = all.includes("/dev/stdout") ? " (it cannot open /dev/stdout: write to - or fd 1 instead)" : "";
  return `${message}${advice}; it said: ${all}`;
}
