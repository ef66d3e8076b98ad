import assert from "node:assert/strict";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { get } from "node:http";
import { connect, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, it, type TestContext } from "node:test";
import { makeCertificate } from "../support/certificate.ts";
import { fullCount, isLongRun } from "../support/full-count.ts";
import { LiveViewer } from "../support/live-viewer.ts";
import { startSightline, type SightlineProcess } from "../support/process-sightline.ts";
import { until } from "../support/wait.ts";

const fps = 30;
const login = "owner:correct horse battery staple";
const authorization = `Authorization: Basic ${Buffer.from(login).toString("base64")}\r\n`;
/** Where the owner and the viewer are; the attackers come from everywhere else. */
const owner = "127.0.0.9";

describe("a live viewer beside an attack keeps its rate, and nothing is left behind", { timeout: 600_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), "sightline-attack-"));
  let sightline: SightlineProcess;
  let viewer: LiveViewer;
  let descriptors: number;

  before(async () => {
    const { cert, key } = await makeCertificate("attacked");
    writeFileSync(join(directory, "cert.pem"), cert);
    writeFileSync(join(directory, "key.pem"), key, { mode: 0o600 });
    const [name = "", password = ""] = login.split(":");
    sightline = await startSightline({
      cameras: [{ id: "pattern", source: "test-pattern", width: 640, height: 360, fps }],
      auth: { mode: "password", users: [{ name, password, role: "admin" }] },
      server: { https: { port: 0, cert: join(directory, "cert.pem"), key: join(directory, "key.pem") } },
    });
    const options = { localAddress: owner, login };
    viewer = await LiveViewer.start({ port: sightline.port, path: "/stream", options });
    await ask("/metrics");
    descriptors = openDescriptors();
  });
  after(async () => {
    await viewer.stop();
    assert.equal((await sightline.stop()).code, 0);
    rmSync(directory, { recursive: true });
  });

  const openDescriptors = (): number => readdirSync(`/proc/${sightline.pid}/fd`).length;
  const residentMib = (): number =>
    Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${sightline.pid}/status`, "utf8"))?.[1] ?? NaN) / 1024;

  /** The owner asks, with credentials. */
  function ask(path: string): Promise<{ status: number | undefined; body: string }> {
    return new Promise((resolve, reject) => {
      const from = { host: "127.0.0.1", port: sightline.port, localAddress: owner, agent: false } as const;
      get({ ...from, path, auth: login }, (response) => {
        text(response).then((body) => resolve({ status: response.statusCode, body }), reject);
      }).on("error", reject);
    });
  }

  async function metric(name: string): Promise<number> {
    const { body } = await ask("/metrics");
    return Number(
      body
        .split("\n")
        .find((line) => line.startsWith(`${name} `))
        ?.slice(name.length + 1) ?? NaN,
    );
  }

  const refusals = (cause: string) => metric(`sightline_http_refusals_total{cause="${cause}"}`);

  /** Runs the attack with the viewer beside it, and looks at what is left of it. */
  async function besideViewer(t: TestContext, attack: () => Promise<unknown>): Promise<void> {
    const quiet = await viewer.rateDuring(() => new Promise((resolve) => setTimeout(resolve, 1500)));
    const before = residentMib();
    const startMs = performance.now();
    const rate = await viewer.rateDuring(async () => {
      do await attack();
      while (performance.now() - startMs < 1500);
    });
    const seconds = ((performance.now() - startMs) / 1000).toFixed(1);
    const words = `${rate.toFixed(1)} frames/s during ${seconds} s of attack, ${quiet.toFixed(1)} before`;
    // One pause of a busy machine is a tenth of a short attack; the exact share is for long runs.
    assert.ok(rate >= (isLongRun ? 0.9 : 0.5) * Math.min(quiet, fps), words);
    assert.equal((await ask("/healthz")).status, 200);
    // The viewer, and who asks.
    await until(async () => (await metric("sightline_http_connections")) <= 2, "all connections to end", 30_000);
    await until(() => openDescriptors() <= descriptors + 3, "all descriptors to be closed", 30_000);
    const grown = residentMib() - before;
    t.diagnostic(`${words}; memory ${grown >= 0 ? "+" : ""}${grown.toFixed(1)} MiB`);
    assert.ok(grown < 120, `memory grew by ${grown.toFixed(1)} MiB`);
  }

  /** A connection from one of many addresses; resolves once it is open or refused. */
  function open(index: number, port = sightline.port): Promise<Socket> {
    const localAddress = `127.1.${Math.floor(index / 200)}.${(index % 200) + 1}`;
    const socket = connect({ port, host: "127.0.0.1", localAddress });
    socket.on("error", () => {}).resume();
    return new Promise((resolve) => {
      socket.once("connect", () => resolve(socket)).once("close", () => resolve(socket));
    });
  }

  /** `count` connections, a hundred at a time, each beginning with `bytes`. */
  async function openMany(count: number, bytes: string | Buffer = "", port?: number): Promise<Socket[]> {
    const sockets: Socket[] = [];
    while (sockets.length < count) {
      const some = Math.min(100, count - sockets.length);
      const opened = await Promise.all(Array.from({ length: some }, (_, i) => open(sockets.length + i, port)));
      if (bytes.length > 0) for (const socket of opened) if (socket.writable) socket.write(bytes);
      sockets.push(...opened);
    }
    return sockets;
  }

  const ends = (sockets: readonly Socket[]) =>
    Promise.all(
      sockets.map(async (socket) => {
        if (!socket.closed) await new Promise<void>((resolve) => socket.once("close", () => resolve()));
      }),
    );

  /** Sends `chunk()` on all of them every 100 ms until the server has closed them. */
  async function trickle(sockets: readonly Socket[], chunk: () => string): Promise<void> {
    const timer = setInterval(() => {
      for (const socket of sockets) if (socket.writable) socket.write(chunk());
    }, 100);
    await ends(sockets);
    clearInterval(timer);
  }

  it("idle connections, five times as many as there are places", async (t) => {
    const count = fullCount(t, 5000, "idle connections");
    await besideViewer(t, async () => {
      const startMs = performance.now();
      const sockets = await openMany(count);
      assert.equal((await ask("/healthz")).status, 200);
      await ends(sockets);
      const seconds = (performance.now() - startMs) / 1000;
      assert.ok(seconds < 60, `${count} idle connections took ${seconds.toFixed(1)} s`);
    });
  });

  it("headers that trickle in", async (t) => {
    const count = fullCount(t, 1000, "slow connections");
    await besideViewer(t, async () => {
      const sockets = await openMany(count, "GET /stream HTTP/1.1\r\nHost: localhost\r\n");
      await trickle(sockets, () => "X-a: b\r\n");
    });
    assert.ok((await refusals("timeout")) > 0);
  });

  it("bodies that trickle in", async (t) => {
    const count = fullCount(t, 1000, "slow connections");
    const head =
      "POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 9999\r\n\r\n{";
    await besideViewer(t, async () => trickle(await openMany(count, head), () => " "));
  });

  it("TLS handshakes that stop half-way", async (t) => {
    const count = fullCount(t, 1000, "half-open handshakes");
    await besideViewer(t, async () => {
      const sockets = await openMany(count, Buffer.from("16030102000100", "hex"), sightline.httpsPort());
      await ends(sockets);
    });
    assert.ok((await refusals("handshake")) > 0);
  });

  it("a flood of requests: 429, while health and metrics answer", async (t) => {
    const seconds = 3;
    const request = "GET /api/cameras HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(20);
    const before = await refusals("rate");
    await besideViewer(t, async () => {
      const untilMs = performance.now() + seconds * 1000;
      // As fast as answers come, over connections that are made anew as soon as they are closed.
      const flooding = Promise.all(
        Array.from({ length: 20 }, async () => {
          while (performance.now() < untilMs) {
            const socket = await openFrom("127.0.0.1");
            const goOn = (): void => {
              if (performance.now() >= untilMs) socket.destroy();
              else if (socket.writable) socket.write(request);
            };
            socket.on("data", goOn);
            goOn();
            await ends([socket]);
          }
        }),
      );
      while (performance.now() < untilMs) {
        assert.equal((await ask("/healthz")).status, 200);
        assert.equal((await ask("/metrics")).status, 200);
        await new Promise((resolve) => setTimeout(resolve, 250));
      }
      await flooding;
    });
    assert.ok((await refusals("rate")) - before > 100);
  });

  it("a flood of wrong passwords", async (t) => {
    const count = fullCount(t, 2000, "wrong passwords");
    await besideViewer(t, async () => {
      const statuses = new Map<number, number>();
      for (let from = 0; from < count; from += 50) {
        const answers = await Promise.all(
          Array.from({ length: Math.min(50, count - from) }, async (_, index) => {
            const wrong = Buffer.from(`owner:wrong ${from + index}`).toString("base64");
            const headers = { Authorization: `Basic ${wrong}` };
            // 0: closed before it was asked, for too many connections.
            return fetch(`${sightline.origin}/stream`, { headers }).then(
              async (response) => {
                await response.text();
                return response.status;
              },
              () => 0,
            );
          }),
        );
        for (const status of answers) statuses.set(status, (statuses.get(status) ?? 0) + 1);
      }
      assert.deepEqual(
        [...statuses.keys()].filter((status) => ![0, 401, 429, 503].includes(status)),
        [],
      );
      assert.ok((statuses.get(429) ?? 0) > 0, "nobody was slowed down");
      assert.equal((await ask("/snapshot.jpg")).status, 200, "the owner is not locked out");
    });
  });

  it("headers and bodies without end", async (t) => {
    const count = fullCount(t, 400, "bombs");
    const megabyte = "x".repeat(1_048_576);
    const bombs = [
      `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${megabyte}`,
      `GET / HTTP/1.1\r\nHost: localhost\r\n${"X-a: b\r\n".repeat(100_000)}`,
      `POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 99999999999\r\n\r\n${megabyte}`,
      `POST /api/session HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n${`100000\r\n${megabyte}\r\n`.repeat(4)}`,
    ];
    await besideViewer(t, async () => {
      for (let round = 0; round < count / bombs.length; round += 1) {
        const sockets = await Promise.all(bombs.map(() => openFrom("127.0.0.1")));
        for (const [index, socket] of sockets.entries()) socket.write(bombs[index] ?? "");
        await ends(sockets);
      }
    });
    assert.ok((await refusals("headers-too-large")) >= count / 2);
  });

  it("bytes at random, over HTTP and over TLS", async (t) => {
    const count = fullCount(t, 4000, "random beginnings");
    await besideViewer(t, async () => {
      for (let from = 0; from < count; from += 100) {
        const ports = [sightline.port, sightline.httpsPort()];
        const sockets = await Promise.all(
          Array.from({ length: Math.min(100, count - from) }, (_, index) => open(index, ports[index % 2])),
        );
        for (const [index, socket] of sockets.entries()) socket.end(randomBytes(from + index));
        await ends(sockets);
      }
    });
    assert.ok((await refusals("malformed")) > 0);
  });

  it("clients that ask for pictures and do not take them", async (t) => {
    const count = fullCount(t, 400, "greedy clients");
    await besideViewer(t, async () => {
      const request = `GET /snapshot.jpg?max_age=60000 HTTP/1.1\r\nHost: localhost\r\n${authorization}\r\n`;
      const sockets = await Promise.all(Array.from({ length: Math.min(count, 200) }, () => openFrom("127.0.0.1")));
      for (const socket of sockets) socket.pause().write(request.repeat(20));
      await ask("/api/cameras");
      await new Promise((resolve) => setTimeout(resolve, 2000));
      for (const socket of sockets) socket.destroy();
    });
  });

  function openFrom(localAddress: string): Promise<Socket> {
    const socket = connect({ port: sightline.port, host: "127.0.0.1", localAddress });
    socket.on("error", () => {}).resume();
    return new Promise((resolve) => {
      socket.once("connect", () => resolve(socket)).once("close", () => resolve(socket));
    });
  }

  /** The same for the same seed; some begin like HTTP or TLS. */
  function randomBytes(seed: number): Buffer {
    let state = seed * 2_654_435_761 + 1;
    const next = (): number => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
      return state >>> 16;
    };
    const bytes = Buffer.from(Array.from({ length: 1 + (next() % 400) }, () => next() & 0xff));
    const beginnings = ["", "GET ", "GET / HTTP/1.1\r\n", "POST /api/session HTTP/1.1\r\nHost: x\r\n", "\x16\x03\x01"];
    return Buffer.concat([Buffer.from(beginnings[seed % beginnings.length] ?? "", "latin1"), bytes]);
  }
});
