import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { startSightline, type SightlineProcess } from "../support/process-sightline.ts";
import { runTool } from "../support/run-tool.ts";
import { needing } from "../support/tool.ts";
import { until } from "../support/wait.ts";
import { patternCamera } from "./cameras.ts";

/** Head and body, as text, of what a stream sends within some seconds. */
interface Taken {
  readonly head: string;
  readonly body: string;
  /** What stands between the boundaries, the last and unfinished part left out. */
  readonly parts: readonly string[];
}

describe("ustreamer's stream options", { ...needing("curl", "ffmpeg"), timeout: 120_000 }, () => {
  let sightline: SightlineProcess;
  before(async () => {
    // Four pictures, then the program pauses: a series with a last frame.
    const picture = "-f lavfi -i testsrc=size=160x120:rate=20 -frames:v 4 -c:v mjpeg -f mjpeg -";
    const series = `while :; do ffmpeg -v error ${picture}; sleep 1; done`;
    const cameras = [patternCamera, { id: "series", source: "command", command: ["sh", "-c", series] }];
    sightline = await startSightline({ cameras });
  });
  after(() => sightline.stop());

  async function take(path: string, seconds = 2): Promise<Taken> {
    const url = sightline.origin + path;
    const answer = await runTool("sh", ["-c", `curl -sS -i --max-time ${seconds} '${url}' || [ $? = 28 ]`]);
    const text = answer.toString("latin1");
    const end = text.indexOf("\r\n\r\n");
    const head = text.slice(0, end);
    const body = text.slice(end + 4);
    const boundary = /boundary=(\S+)/.exec(head)?.[1] ?? "?";
    return { head, body, parts: body.split(`--${boundary}\r\n`).slice(1, -1) };
  }

  it("advance_headers sends a part's head early, and so without a length", async () => {
    const { parts, body } = await take("/stream?advance_headers=1");
    assert.ok(parts.length >= 3);
    for (const part of parts) assert.doesNotMatch(part.split("\r\n\r\n")[0] ?? "", /content-length/i);
    // What came last is the head of a part whose picture is yet to come.
    assert.match(body, /image\/jpeg\r\n(X-[^\r]*\r\n)*\r\n$/i);
    const plain = await take("/stream?advance_headers=0");
    assert.match(plain.parts[0] ?? "", /content-length/i);
  });

  it("extra_headers tells about each picture", async () => {
    const { parts } = await take("/stream?extra_headers=1");
    assert.ok(parts.length >= 3);
    for (const part of parts) {
      assert.match(part, /^X-UStreamer-Online: true\r$/im);
      assert.match(part, /^X-UStreamer-Width: 640\r$/im);
      assert.match(part, /^X-UStreamer-Height: 360\r$/im);
    }
  });

  it("zero_data sends heads without pictures", async () => {
    const { parts, body } = await take("/stream?zero_data=1");
    assert.ok(parts.length >= 3);
    assert.ok(body.length / parts.length < 600, `${body.length} bytes for ${parts.length} parts`);
    assert.ok(!body.includes("\xff\xd8\xff"));
  });

  it("dual_final_frames sends the last picture of a series twice", async () => {
    // The pause is a second long: the last picture of each series comes again, as an equal part.
    const { parts } = await take("/cameras/series/stream?dual_final_frames=1", 4);
    const pictures = parts.map((part) => part.slice(part.indexOf("\r\n\r\n") + 4));
    const repeats = pictures.filter((picture, index) => index > 0 && picture === pictures[index - 1]).length;
    assert.ok(repeats >= 1, `${pictures.length} parts, none twice in a row`);
  });

  it("key comes back in the cookie and in /state", async () => {
    const aborter = new AbortController();
    const response = await fetch(`${sightline.origin}/stream?key=kitchen-7`, { signal: aborter.signal });
    const [, id] = /stream_client=kitchen-7[/%2F]+(\w+)/i.exec(response.headers.get("set-cookie") ?? "") ?? [];
    assert.ok(id, response.headers.get("set-cookie") ?? "no cookie");
    const state = JSON.stringify(await (await fetch(`${sightline.origin}/state`)).json());
    assert.match(state, /"key":"kitchen-7"/);
    aborter.abort();
    await until(async () => {
      const now = JSON.stringify(await (await fetch(`${sightline.origin}/state`)).json());
      return !now.includes("kitchen-7");
    }, "the viewer to leave /state");
  });

  it("fps slows a stream down", async () => {
    const fast = await take("/stream", 4);
    const slow = await take("/stream?fps=2", 4);
    assert.ok(slow.parts.length >= 5 && slow.parts.length <= 10, `${slow.parts.length} parts in 4 s`);
    assert.ok(fast.parts.length > slow.parts.length * 2, `${fast.parts.length} parts without a limit`);
  });
});
