import { createCommandSource } from "../../src/capture/command/command-source.ts";
import type { Source } from "../../src/capture/source.ts";
import { systemClock } from "../../src/core/clock.ts";
import { silentLog } from "../../src/core/log.ts";
import { needing } from "../support/tool.ts";
import { testSource } from "./source-contract.ts";

function createSource(...command: string[]): Source {
  return createCommandSource({ command, clock: systemClock, log: silentLog });
}

const pattern = ["-v", "error", "-re", "-f", "lavfi", "-i", "testsrc=size=320x240:rate=25"];
const failing = [
  {
    name: "no such program",
    create: () => createSource("sightline-no-such-program"),
    words: /^sightline-no-such-program: not found; install it/,
  },
  {
    name: "not a program",
    create: () => createSource("/etc/passwd"),
    words: /^\/etc\/passwd: this user may not execute it/,
  },
  { name: "an empty name", create: () => createSource(""), words: /cannot be started/ },
  {
    name: "ends with an error",
    create: () => createSource("sh", "-c", "echo camera is busy >&2; exit 3"),
    words: /^sh: ended by itself with exit status 3; it said: camera is busy$/,
  },
  {
    name: "ends well, which is an end too",
    create: () => createSource("true"),
    words: /^true: ended by itself with exit status 0$/,
  },
  { name: "dies", create: () => createSource("sh", "-c", "kill -SEGV $$"), words: /^sh: was ended by SIGSEGV/ },
  {
    name: "a bad option",
    create: () => createSource("ffmpeg", "-v", "error", "-f", "lavfi", "-i", "no-such-source", "-f", "mjpeg", "-"),
    words: /^ffmpeg: ended by itself with exit status 1; it said: .*no-such-source/,
  },
  {
    name: "writes H.264",
    create: () => createSource("ffmpeg", ...pattern, "-c:v", "libx264", "-f", "h264", "-"),
    words: /^ffmpeg: writes H\.264 or H\.265, not MJPEG; make it write MJPEG: ffmpeg -c:v mjpeg -f mjpeg -/,
  },
  {
    name: "writes what nobody knows",
    create: () => createSource("sh", "-c", "head -c 1000000 /dev/zero; exec sleep 60"),
    words: /^sh: writes something that is not MJPEG; make it write MJPEG/,
  },
  {
    name: "opens its output by name",
    create: () => createSource("sh", "-c", "cat /etc/hostname > /dev/stdout"),
    words: /^sh: ended by itself .* \(it cannot open \/dev\/stdout: write to - or fd 1 instead\); it said/,
  },
];

testSource({
  name: "command, bare pictures",
  ...needing("ffmpeg"),
  create: () => createSource("ffmpeg", ...pattern, "-c:v", "mjpeg", "-f", "mjpeg", "-"),
  failing,
});

testSource({
  name: "command, multipart",
  ...needing("ffmpeg"),
  create: () => createSource("ffmpeg", ...pattern, "-c:v", "mjpeg", "-f", "mpjpeg", "-"),
  failing: [],
});
