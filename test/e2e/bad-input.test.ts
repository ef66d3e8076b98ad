import assert from "node:assert/strict";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { watchMjpeg } from "../support/mjpeg-client.ts";
import { runSightline, startSightline, type SightlineProcess } from "../support/process-sightline.ts";
import { needing } from "../support/tool.ts";
import { until } from "../support/wait.ts";
import { ffmpegCamera, patternCamera } from "./cameras.ts";

describe("a wrong configuration ends Sightline with status 78 and all its mistakes", { timeout: 120_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), "sightline-config-"));
  after(() => rmSync(directory, { recursive: true }));
  const table: readonly { readonly yaml: string; readonly words: readonly RegExp[] }[] = [
    { yaml: "server: { port: 99999 }", words: [/server\.port.*99999/] },
    { yaml: "server: { prot: 1 }", words: [/server\.prot/] },
    { yaml: "cameras: [{ id: A B }]", words: [/cameras\.0\.id.*A B/] },
    { yaml: "cameras: [{ id: a, source: test-pattern }, { id: a, source: test-pattern }]", words: [/cameras\.1\.id/] },
    { yaml: "cameras: [{ id: a, source: webcam }]", words: [/cameras\.0\.source.*webcam/, /test-pattern/] },
    { yaml: "cameras: [{ id: a, source: command }]", words: [/cameras\.0\.command/] },
    { yaml: "cameras: [{ id: a, source: command, command: [] }]", words: [/cameras\.0\.command/] },
    { yaml: "cameras: [{ id: a, width: wide }]", words: [/cameras\.0\.width.*wide/] },
    { yaml: "cameras: front", words: [/cameras.*front/] },
    { yaml: "log: { level: loud }", words: [/log\.level.*loud/] },
    { yaml: "nonsense: 1\nserver: { port: -1 }\npriority: 99", words: [/nonsense/, /server\.port/, /priority/] },
    { yaml: "server: [", words: [/sightline\.yaml/] },
  ];
  for (const { yaml, words } of table) {
    it(JSON.stringify(yaml), async () => {
      const file = join(directory, "sightline.yaml");
      writeFileSync(file, yaml);
      for (const command of ["serve", "check"]) {
        const { code, stderr } = await runSightline([command, "--config", file]);
        assert.equal(code, 78, stderr);
        for (const word of words) assert.match(stderr, word);
        assert.doesNotMatch(stderr, /^\s+at /m, "a stack trace");
      }
    });
  }

  it("says which variable, flag and file are wrong", async () => {
    const variable = await runSightline(["check"], { SIGHTLINE_SERVER_PROT: "1" });
    assert.equal(variable.code, 78);
    assert.match(variable.stderr, /SIGHTLINE_SERVER_PROT/);
    const missing = await runSightline(["check", "--config", join(directory, "not-there.yaml")]);
    assert.equal(missing.code, 78);
    assert.match(missing.stderr, /not-there\.yaml/);
    const flag = await runSightline(["serve", "--prot", "1"]);
    assert.equal(flag.code, 64);
    assert.match(flag.stderr, /--prot/);
  });
});

describe("bad requests", { ...needing("ffmpeg"), timeout: 120_000 }, () => {
  let sightline: SightlineProcess;
  before(async () => {
    sightline = await startSightline({ cameras: [patternCamera] });
  });
  after(() => sightline.stop());

  const problems: readonly (readonly [path: string, status: number, words: RegExp])[] = [
    ["/cameras/nobody/stream", 404, /nobody/],
    ["/cameras/nobody/snapshot.jpg", 404, /nobody/],
    ["/api/cameras/nobody", 404, /nobody/],
    ["/no/such/page", 404, /./],
    ["/cameras/%ff/stream", 404, /./],
    ["/stream?fps=fast", 400, /fps/],
    ["/stream?fps=0", 400, /fps/],
    ["/stream?advance_headers=maybe", 400, /advance_headers/],
    ["/stream?key=a%20b", 400, /key/],
    ["/snapshot.jpg?max_age=-1", 400, /max_age/],
    ["/snapshot.jpg?max_age=soon", 400, /max_age/],
  ];
  for (const [path, status, words] of problems) {
    it(`${path} is answered with ${status} as problem JSON`, async () => {
      const response = await fetch(sightline.origin + path);
      assert.equal(response.status, status);
      assert.match(response.headers.get("content-type") ?? "", /^application\/problem\+json/);
      const problem = (await response.json()) as { status: number; title: string; detail: string };
      assert.equal(problem.status, status);
      assert.match(JSON.stringify(problem), words);
    });
  }

  it("ignores unknown query keys: cache busters exist", async () => {
    const response = await fetch(`${sightline.origin}/snapshot.jpg?_=1763650000000&t=x`);
    assert.equal(response.status, 200);
    await response.arrayBuffer();
  });

  it("refuses what would change something", async () => {
    for (const method of ["POST", "PUT", "DELETE"]) {
      const response = await fetch(`${sightline.origin}/snapshot.jpg`, { method });
      assert.ok([404, 405, 501].includes(response.status), `${method}: ${response.status}`);
      await response.arrayBuffer();
    }
  });

  /** Everything the server answers to `bytes` until it closes the connection. */
  async function answerTo(bytes: string): Promise<string> {
    const socket = connect(sightline.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write(bytes);
    return text(socket);
  }

  it("answers oversized headers with 431 and garbage with 400", async () => {
    assert.match(await answerTo(`GET / HTTP/1.1\r\nHost: x\r\nX: ${"a".repeat(40_000)}\r\n\r\n`), /^HTTP\/1\.1 431 /);
    assert.match(await answerTo("\x16\x03\x01\x02garbage\r\n\r\n"), /^HTTP\/1\.1 400 /);
    assert.match(await answerTo("GET / HTTP/9.9\r\n\r\n"), /^HTTP\/1\.1 (400|505) /);
  });

  it("ends a request whose headers trickle in, while others are served", async () => {
    const socket = connect(sightline.port, "127.0.0.1");
    socket.on("error", () => {});
    socket.write("GET /stream HTTP/1.1\r\nHost: x\r\n");
    const drip = setInterval(() => socket.write("X: y\r\n"), 500);
    const answer = text(socket);
    const viewer = await watchMjpeg(sightline.port, "/stream");
    for (let i = 0; i < 20; i++) await viewer.next();
    viewer.close();
    assert.match(await answer, /^(HTTP\/1\.1 408 |$)/);
    clearInterval(drip);
  });
});

describe("a camera that sends garbage", { ...needing("ffmpeg", "sh"), timeout: 120_000 }, () => {
  /** A program that writes 10,000 frames that are none, then one real picture a second. */
  function garbageCamera(directory: string, garbage: string) {
    const file = join(directory, "garbage.mjs");
    writeFileSync(
      file,
      `import { once } from "node:events";
       for (let i = 0; i < 10000; i++) {
         const frame = ${garbage};
         if (!process.stdout.write(frame)) await once(process.stdout, "drain");
       }`,
    );
    const picture = "ffmpeg -v error -re -f lavfi -i testsrc=size=160x120:rate=10 -c:v mjpeg -f mjpeg -";
    return { id: "garbage", source: "command", command: ["sh", "-c", `${process.execPath} ${file}; exec ${picture}`] };
  }

  const kinds = {
    "frames with rubbish inside":
      "Buffer.concat([Buffer.from('ffd8ffe000104a46', 'hex'), Buffer.alloc(500, i), Buffer.from('ffd9', 'hex')])",
    "frames cut off":
      "Buffer.concat([Buffer.from('ffd8ffc0000b08007800a001011100ffda0008010100003f00', 'hex'), Buffer.alloc(300, i & 127)])",
    "whole headers, no picture": "Buffer.from('ffd8ffc0000b08007800a001011100ffd9', 'hex')",
  };
  for (const [name, garbage] of Object.entries(kinds)) {
    it(`${name}: 10,000 are counted and dropped, the next pictures come, the other camera never stops`, async () => {
      const directory = mkdtempSync(join(tmpdir(), "sightline-garbage-"));
      const sightline = await startSightline({ cameras: [ffmpegCamera("film"), garbageCamera(directory, garbage)] });
      try {
        const other = await watchMjpeg(sightline.port, "/cameras/film/stream");
        const viewer = await watchMjpeg(sightline.port, "/cameras/garbage/stream");
        for (let i = 0; i < 5; i++) await viewer.next();
        for (let i = 0; i < 25; i++) await other.next();
        const camera = (await (await fetch(`${sightline.origin}/api/cameras/garbage`)).json()) as {
          state: string;
          drops: Record<string, number>;
        };
        assert.equal(camera.state, "live");
        assert.ok((camera.drops["corrupt"] ?? 0) >= 5000, JSON.stringify(camera.drops));
        viewer.close();
        other.close();
      } finally {
        assert.equal((await sightline.stop()).code, 0);
        rmSync(directory, { recursive: true });
      }
    });
  }

  it("garbage without end is said in plain words, with 503 for a snapshot", async () => {
    const command = ["sh", "-c", "while :; do printf 'no picture at all\\n'; sleep 0.01; done"];
    const sightline = await startSightline({ cameras: [patternCamera, { id: "noise", source: "command", command }] });
    try {
      const snapshot = await fetch(`${sightline.origin}/cameras/noise/snapshot.jpg`);
      assert.equal(snapshot.status, 503);
      assert.ok(Number(snapshot.headers.get("retry-after")) > 0);
      const reason = await until(async () => {
        const camera = (await (await fetch(`${sightline.origin}/api/cameras/noise`)).json()) as {
          state: string;
          reason: string;
        };
        return camera.state === "lost" && camera.reason;
      }, "the camera to be lost");
      assert.equal(reason, "sh: writes something that is not MJPEG; make it write MJPEG");
      assert.equal((await fetch(`${sightline.origin}/snapshot.jpg`)).status, 200);
    } finally {
      assert.equal((await sightline.stop()).code, 0);
    }
  });
});
