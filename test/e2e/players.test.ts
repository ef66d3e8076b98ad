import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import sharp from "sharp";
import { readPattern } from "../support/read-pattern.ts";
import { startSightline, type SightlineProcess } from "../support/process-sightline.ts";
import { runTool } from "../support/run-tool.ts";
import { needing } from "../support/tool.ts";
import { ffmpegCamera, patternCamera } from "./cameras.ts";

const sizes = { pattern: [640, 360], film: [320, 240] } as const;
const streams: readonly (readonly [path: string, camera: keyof typeof sizes])[] = [
  ["/stream", "pattern"],
  ["/stream.mjpg", "pattern"],
  ["/stream.mjpeg", "pattern"],
  ["/?action=stream", "pattern"],
  ["/?action=stream_0", "pattern"],
  ["/?action=stream_1", "film"],
  ["/cameras/pattern/stream", "pattern"],
  ["/cameras/film/stream", "film"],
];
const snapshots: readonly (readonly [path: string, camera: keyof typeof sizes])[] = [
  ["/snapshot.jpg", "pattern"],
  ["/snapshot", "pattern"],
  ["/?action=snapshot", "pattern"],
  ["/?action=snapshot_0", "pattern"],
  ["/?action=snapshot_1", "film"],
  ["/cameras/pattern/snapshot.jpg", "pattern"],
  ["/cameras/film/snapshot.jpg", "film"],
];

describe("players read what Sightline serves", { ...needing("ffmpeg", "ffprobe", "curl"), timeout: 180_000 }, () => {
  let sightline: SightlineProcess;
  before(async () => {
    sightline = await startSightline({ cameras: [patternCamera, ffmpegCamera("film", "mpjpeg")] });
  });
  after(() => sightline.stop());

  for (const [path, camera] of streams) {
    it(`ffmpeg plays ${path}, and the picture moves`, async () => {
      const [width, height] = sizes[camera];
      const input = ["-f", "mpjpeg", "-i", sightline.origin + path];
      const output = ["-frames:v", "4", "-fps_mode", "passthrough", "-f", "rawvideo", "-pix_fmt", "rgb24", "-"];
      const rgb = await runTool("ffmpeg", ["-v", "error", ...input, ...output]);
      assert.equal(rgb.length, 4 * width * height * 3);
      const frame = (index: number) => rgb.subarray(index * width * height * 3, (index + 1) * width * height * 3);
      assert.ok(!frame(0).equals(frame(3)), "the picture stands still");
    });
  }

  it("ffprobe finds MJPEG of the right size without being told the format", async () => {
    const shown = ["-show_entries", "stream=codec_name,width,height", "-of", "csv=p=0"];
    const told = await runTool("ffprobe", ["-v", "error", ...shown, `${sightline.origin}/stream`]);
    assert.equal(told.toString().trim(), "mjpeg,640,360");
  });

  for (const [path, camera] of snapshots) {
    it(`curl fetches ${path}`, async () => {
      const answer = await runTool("curl", ["-sS", "--fail", "-i", "--max-time", "15", sightline.origin + path]);
      const end = answer.indexOf("\r\n\r\n");
      const head = answer.toString("latin1", 0, end);
      const picture = answer.subarray(end + 4);
      assert.match(head, /^HTTP\/1\.1 200 OK/);
      assert.match(head, /^content-type: image\/jpeg$/im);
      assert.match(head, /^cache-control: no-store/im);
      assert.match(head, new RegExp(`^content-length: ${picture.length}$`, "im"));
      const { width, height } = await sharp(picture, { failOn: "error" }).metadata();
      assert.deepEqual([width, height], sizes[camera]);
    });
  }

  it("shows a clock that is right, in the newest picture of all", async () => {
    const fetchLines = async () => {
      const url = `${sightline.origin}/snapshot.jpg?max_age=0`;
      const picture = await runTool("curl", ["-sS", "--fail", "--max-time", "15", url]);
      return readPattern(await sharp(picture).raw().toBuffer(), 640, 360);
    };
    const first = await fetchLines();
    const second = await fetchLines();
    assert.match(second.join(" "), /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d FRAME \d{5}$/);
    assert.notDeepEqual(first, second);
    const shownMs = new Date(`${second[0]}T${second[1]}`).getTime();
    assert.ok(Math.abs(Date.now() - shownMs) < 2000, `${second.join(" ")} is ${Date.now() - shownMs} ms old`);
  });

  it("begins a stream as strict readers need it: boundary first, a length in every part", async () => {
    const url = `${sightline.origin}/stream`;
    const answer = await runTool("sh", ["-c", `curl -sS -i --max-time 2 ${url} || [ $? = 28 ]`]);
    const end = answer.indexOf("\r\n\r\n");
    const head = answer.toString("latin1", 0, end);
    const [, boundary = "?"] = /^content-type: multipart\/x-mixed-replace; ?boundary=([^"\s;]+)$/im.exec(head) ?? [];
    assert.doesNotMatch(head, /transfer-encoding/i);
    const body = answer.toString("latin1", end + 4);
    assert.ok(body.startsWith(`--${boundary}\r\n`), JSON.stringify(body.slice(0, 80)));
    const parts = body.split(`--${boundary}\r\n`).slice(1, -1);
    assert.ok(parts.length >= 3, `${parts.length} parts`);
    for (const part of parts) {
      const split = part.indexOf("\r\n\r\n");
      const length = Number(/^content-length: (\d+)$/im.exec(part.slice(0, split))?.[1]);
      assert.match(part.slice(0, split), /^content-type: image\/jpeg$/im);
      assert.match(part.slice(0, split), /^x-timestamp: \d+\.\d{6}$/im);
      assert.equal(part.length, split + 4 + length + 2);
    }
  });

  it("answers the other old names", async () => {
    const status = async (path: string) => (await fetch(sightline.origin + path)).status;
    assert.equal(await status("/index.html"), 200);
    assert.equal(await status("/state"), 200);
    assert.equal(await status("/?action=command&id=1&value=2"), 403);
    assert.equal(await status("/?action=snapshot_7"), 404);
    assert.equal(await status("/?action=dance"), 400);
  });
});
