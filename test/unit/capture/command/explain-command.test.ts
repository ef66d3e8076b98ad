import assert from "node:assert/strict";
import { describe, it } from "node:test";
import {
  explainEnd,
  explainOutput,
  explainSpawnError,
  explainStall,
} from "../../../../src/capture/command/explain-command.ts";
import { recogniseOutput } from "../../../../src/capture/command/output-kind.ts";
import type { DeviceError } from "../../../../src/core/errors.ts";

function told(error: DeviceError): string {
  return `${error.code}: ${error.message}`;
}

function systemError(code: string): NodeJS.ErrnoException {
  return Object.assign(new Error(`spawn ${code}`), { code });
}

describe("why a command failed", () => {
  const table: readonly [DeviceError, string][] = [
    [
      explainSpawnError("rpicam-vid", systemError("ENOENT")),
      "unsupported: rpicam-vid: not found; install it with: sudo apt-get install rpicam-apps",
    ],
    [
      explainSpawnError("my-camera", systemError("ENOENT")),
      "unsupported: my-camera: not found; install it, or give its whole path",
    ],
    [
      explainSpawnError("./notes.txt", systemError("EACCES")),
      "permission: ./notes.txt: this user may not execute it (is it a program? chmod +x)",
    ],
    [explainSpawnError("x", systemError("EAGAIN")), "failed: x: cannot be started (EAGAIN)"],
    [
      explainEnd("ffmpeg", { code: 1, signal: null }, ["Input #0", "/dev/video9: No such file"]),
      "failed: ffmpeg: ended by itself with exit status 1; it said: Input #0 / /dev/video9: No such file",
    ],
    [explainEnd("ffmpeg", { code: null, signal: "SIGSEGV" }, []), "failed: ffmpeg: was ended by SIGSEGV"],
    [
      explainEnd("x", { code: 1, signal: null }, ["cannot open /dev/stdout"]),
      "failed: x: ended by itself with exit status 1 (it cannot open /dev/stdout: write to - or fd 1 instead); it said: cannot open /dev/stdout",
    ],
    [
      explainStall("x", { seconds: 5.01, bytes: 0, pictures: 0 }, []),
      "stalled: x: wrote nothing at all on stdout for 5 s",
    ],
    [explainStall("x", { seconds: 2.34, bytes: 9, pictures: 3 }, []), "stalled: x: wrote no new picture for 2.3 s"],
    [
      explainStall("x", { seconds: 5, bytes: 900, pictures: 0 }, []),
      "format: x: writes something that is not MJPEG; make it write MJPEG",
    ],
    [
      explainOutput("rpicam-vid", "H.264 or H.265", []),
      "format: rpicam-vid: writes H.264 or H.265, not MJPEG; make it write MJPEG: rpicam-vid --codec mjpeg -o -",
    ],
  ];
  for (const [error, words] of table) it(words, () => assert.equal(told(error), words));
});

describe("what a program writes", () => {
  const packets = Buffer.alloc(189);
  packets[0] = packets[188] = 0x47;
  const table: readonly [string, Buffer, string | undefined][] = [
    ["H.264 SPS", Buffer.from("0000000167640028", "hex"), "H.264 or H.265"],
    ["H.264 AUD, short start code", Buffer.from("00000109f0", "hex"), "H.264 or H.265"],
    ["H.265 VPS", Buffer.from("0000000140010c01", "hex"), "H.264 or H.265"],
    ["MP4", Buffer.from("\0\0\0\x18ftypisom", "latin1"), "an MP4 file"],
    ["MPEG-TS", packets, "an MPEG transport stream"],
    ["Matroska", Buffer.from("1a45dfa3a3", "hex"), "Matroska or WebM"],
    ["AVI", Buffer.from("RIFF\0\0\0\0AVI "), "an AVI file"],
    ["FLV", Buffer.from("FLV\x01"), "Flash video"],
    ["YUV4MPEG2", Buffer.from("YUV4MPEG2 W640"), "raw YUV4MPEG video"],
    ["PNG", Buffer.from("89504e470d0a", "hex"), "PNG pictures"],
    ["JPEG", Buffer.from("ffd8ffe0", "hex"), undefined],
    ["mpjpeg", Buffer.from("--ffmpeg\r\nContent-type: image/jpeg\r\n"), undefined],
    ["nothing", Buffer.alloc(0), undefined],
    ["black raw video", Buffer.alloc(189), undefined],
  ];
  for (const [name, start, kind] of table) it(name, () => assert.equal(recogniseOutput(start), kind));
});
