import assert from "node:assert/strict";
import { mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { request } from "node:https";
import { connect as connectTcp } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { after, before, describe, it } from "node:test";
import { connect, type ConnectionOptions, type TLSSocket } from "node:tls";
import { ConfigError } from "../../src/core/errors.ts";
import { silentLog, type Log } from "../../src/core/log.ts";
import type { HttpsOptions } from "../../src/outputs/http/http-options.ts";
import type { HttpRoute } from "../../src/protocol/http/route.ts";
import { makeCertificate, type Certificate } from "../support/certificate.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { until } from "../support/wait.ts";
import { connectRaw, startRig, statusesOf, type Rig, type RigOptions } from "./http-rig.ts";

const directory = mkdtempSync(join(tmpdir(), "sightline-tls-"));
const certFile = join(directory, "cert.pem");
const keyFile = join(directory, "key.pem");
let first: Certificate;
let second: Certificate;

const echo: HttpRoute = {
  method: "GET",
  path: "/echo",
  access: "view",
  summary: "Tells what it was asked",
  response: { type: "application/json" },
  handle: ({ isEncrypted, remoteAddress }) => ({ body: { isEncrypted, remoteAddress } }),
};
const hold: HttpRoute = {
  ...echo,
  path: "/hold",
  response: { type: "multipart/x-mixed-replace" },
  handle: () => ({ takeOver: (response) => void response.write("held") }),
};

before(async () => {
  first = await makeCertificate("first");
  second = await makeCertificate("second");
});
after(() => rmSync(directory, { recursive: true }));

function put({ cert, key }: Certificate): void {
  writeFileSync(certFile, cert);
  writeFileSync(keyFile, key);
}

async function start(https: Partial<HttpsOptions> = {}, server: RigOptions["server"] = {}): Promise<Rig> {
  return startRig({
    routes: [echo, hold],
    server: { https: { port: 0, cert: certFile, key: keyFile, ...https }, ...server },
  });
}

/** Shakes hands with the server; rejects where that fails. */
function shakeHands(rig: Rig, options: ConnectionOptions = {}): Promise<TLSSocket> {
  return new Promise((resolve, reject) => {
    const socket = connect({ port: rig.server.httpsPort(), host: "127.0.0.1", rejectUnauthorized: false, ...options });
    after(() => void socket.destroy());
    socket.once("secureConnect", () => resolve(socket)).once("error", reject);
  });
}

async function subjectOf(rig: Rig): Promise<string> {
  const socket = await shakeHands(rig);
  const { subject } = socket.getPeerCertificate();
  socket.destroy();
  return String(subject.CN);
}

function ask(
  rig: Rig,
  path: string,
): Promise<{ status: number | undefined; headers: NodeJS.Dict<string | string[]>; body: string }> {
  return new Promise((resolve, reject) => {
    const options = {
      port: rig.server.httpsPort(),
      host: "127.0.0.1",
      path,
      rejectUnauthorized: false,
      agent: false,
    } as const;
    request(options, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, headers: response.headers, body }), reject);
    })
      .on("error", reject)
      .end();
  });
}

describe("HTTPS beside HTTP", { timeout: 60_000 }, () => {
  it("has the same doors, and knows that it is encrypted", async () => {
    put(first);
    const rig = await start();
    assert.notEqual(rig.server.httpsPort(), rig.server.port());
    const encrypted = await ask(rig, "/echo");
    assert.deepEqual(JSON.parse(encrypted.body), { isEncrypted: true, remoteAddress: "127.0.0.1" });
    assert.equal(encrypted.headers["cross-origin-opener-policy"], "same-origin");
    assert.equal(encrypted.headers["strict-transport-security"], undefined);
    assert.deepEqual(await (await rig.get("/echo")).json(), { isEncrypted: false, remoteAddress: "127.0.0.1" });
  });

  it("speaks TLS 1.2 and 1.3, nothing older, HTTP/1.1 by ALPN, and forward secrecy only", async () => {
    put(first);
    const rig = await start();
    for (const version of ["TLSv1.2", "TLSv1.3"] as const) {
      const socket = await shakeHands(rig, {
        minVersion: version,
        maxVersion: version,
        ALPNProtocols: ["h2", "http/1.1"],
      });
      assert.deepEqual([socket.getProtocol(), socket.alpnProtocol], [version, "http/1.1"]);
      socket.destroy();
    }
    const seclevel = "DEFAULT@SECLEVEL=0";
    await assert.rejects(shakeHands(rig, { minVersion: "TLSv1", maxVersion: "TLSv1.1", ciphers: seclevel }));
    for (const ciphers of ["AES128-SHA", "AES256-GCM-SHA384", "ECDHE-ECDSA-AES128-SHA", "aNULL@SECLEVEL=0"]) {
      await assert.rejects(shakeHands(rig, { maxVersion: "TLSv1.2", ciphers }), Error, ciphers);
    }
  });

  it("shares one limit of connections and one count with HTTP", async () => {
    put(first);
    const limits = { connections: 3, perAddress: 100, reserved: 2 };
    const rig = await start({}, { limits });
    const plain = await connectRaw(rig);
    const held = [await shakeHands(rig), await shakeHands(rig)];
    for (const socket of held) socket.write("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    await until(() => rig.server.stats.connections === 3, "three connections");
    assert.equal((await ask(rig, "/echo")).status, 503);
    assert.equal((await ask(rig, "/healthz")).status, 200);
    assert.equal((await rig.get("/echo")).status, 503);
    plain.socket.destroy();
    held[0]?.destroy();
    await until(() => rig.server.stats.connections <= 1, "them to be forgotten");
    assert.equal((await ask(rig, "/echo")).status, 200);
    held[1]?.destroy();
    await until(() => rig.server.stats.connections === 0, "nothing left behind");
  });

  it("redirects who comes by HTTP, but for health checks; HSTS where it is wanted", async () => {
    put(first);
    const rig = await start({ redirect: true, hsts: true }, { basePath: "/cam", trustedProxies: ["127.0.0.9"] });
    const to = `https://localhost:${rig.server.httpsPort()}`;
    const plain = async (path: string, method = "GET") => {
      const headers = { Host: "localhost" };
      const client = await connectRaw(rig);
      client.send(`${method} ${path} HTTP/1.1\r\nHost: ${headers.Host}\r\nConnection: close\r\n\r\n`);
      const answer = await client.ended();
      return [statusesOf(answer)[0], /location: (.*)\r\n/i.exec(answer)?.[1]];
    };
    assert.deepEqual(await plain("/echo?a=b"), [308, `${to}/cam/echo?a=b`]);
    assert.deepEqual(await plain("/cam/echo"), [308, `${to}/cam/echo`]);
    assert.deepEqual(await plain("/cameras/x/stream", "POST"), [308, `${to}/cam/cameras/x/stream`]);
    assert.deepEqual(await plain("//evil.example/x"), [308, `${to}/cam//evil.example/x`]);
    assert.deepEqual(await plain("/healthz"), [200, undefined]);
    assert.deepEqual(await plain("/cam/readyz"), [200, undefined]);
    const encrypted = await ask(rig, "/cam/echo");
    assert.deepEqual([encrypted.status, encrypted.headers["strict-transport-security"]], [200, "max-age=31536000"]);
    const refused = await connectRaw(rig);
    refused.send("GET /echo HTTP/1.1\r\nHost: evil.example\r\n\r\n");
    assert.deepEqual(statusesOf(await refused.ended()), [421]);
    const proxied = await connectRaw(rig, "127.0.0.9");
    proxied.send("GET /echo HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
    assert.deepEqual(statusesOf(await proxied.ended()), [200]);
  });
});

describe("handshakes that go wrong", { timeout: 60_000 }, () => {
  const timeouts = { handshakeMs: 200, headersMs: 200, bodyMs: 200, keepAliveMs: 200, checkMs: 20 };
  /** The first bytes of a TLS 1.2 client, cut off in the middle. */
  const half = Buffer.from("16030102000100", "hex");

  const beginnings: Readonly<Record<string, Buffer>> = {
    "nothing at all": Buffer.alloc(0),
    "one byte": Buffer.from([0x16]),
    "half a hello": half,
    "a hello that promises 16 kB and is empty": Buffer.from("1603013fff", "hex"),
    "an endless record": Buffer.concat([Buffer.from("1603014000", "hex"), Buffer.alloc(1000)]),
  };
  for (const [what, bytes] of Object.entries(beginnings)) {
    it(`${what}, then silence: closed, and nobody else waits`, async () => {
      put(first);
      const rig = await start({}, { timeouts });
      const sockets = Array.from({ length: 20 }, () => {
        const socket = connectTcp(rig.server.httpsPort(), "127.0.0.1", () => socket.write(bytes));
        socket.on("error", () => {}).resume();
        after(() => void socket.destroy());
        return new Promise((resolve) => socket.once("close", resolve));
      });
      await until(() => rig.server.stats.connections >= 1, "them to be counted");
      assert.equal((await ask(rig, "/echo")).status, 200);
      await Promise.all(sockets);
      await until(() => rig.server.stats.connections === 0, "nothing left behind");
      assert.equal(rig.server.stats.refusals.handshake, 20);
    });
  }

  it("garbage, and plain HTTP, are closed at once", async () => {
    put(first);
    const rig = await start();
    for (const bytes of [
      "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
      "\0".repeat(100),
      "SSH-2.0-x\r\n",
      "\x16\x03\x01\x00\x05hello",
    ]) {
      const socket = connectTcp(rig.server.httpsPort(), "127.0.0.1", () => socket.write(bytes, "latin1"));
      socket.on("error", () => {}).resume();
      await new Promise((resolve) => socket.once("close", resolve));
    }
    await until(() => rig.server.stats.connections === 0, "nothing left behind");
    assert.equal(rig.server.stats.refusals.handshake, 4);
  });

  it("a handshake, then silence: 408 and closed; half a request too", async () => {
    put(first);
    const rig = await start({}, { timeouts });
    for (const bytes of ["", "GET /ec", "GET /echo HTTP/1.1\r\nHost: x\r\n"]) {
      const socket = await shakeHands(rig);
      if (bytes !== "") socket.write(bytes);
      assert.deepEqual(statusesOf(await text(socket)), [408]);
    }
    await until(() => rig.server.stats.connections === 0, "nothing left behind");
  });

  it("too many handshakes of one address are closed before they cost anything", async () => {
    put(first);
    const clock = new FakeClock();
    const limits = { connections: 100, perAddress: 100, reserved: 4, requestsPerSecond: 10 };
    const rig = await start({}, { limits, clock });
    for (let count = 0; count < 10; count += 1) (await shakeHands(rig)).destroy();
    await until(() => rig.server.stats.connections === 0, "them to be gone");
    const { handshake } = rig.server.stats.refusals;
    await assert.rejects(shakeHands(rig));
    assert.equal(rig.server.stats.refusals["handshake-rate"], 1);
    assert.equal(rig.server.stats.refusals.handshake, handshake, "not counted twice");
    assert.equal((await rig.get("/echo")).status, 200);
    await clock.advance(1000);
    (await shakeHands(rig)).destroy();
  });

  it("a renegotiation is not taken up", async () => {
    put(first);
    const rig = await start();
    const socket = await shakeHands(rig, { maxVersion: "TLSv1.2" });
    let isRenewed = false;
    socket.on("error", () => {});
    socket.renegotiate({}, (error) => (isRenewed = error === null));
    assert.equal((await ask(rig, "/echo")).status, 200);
    assert.equal(isRenewed, false);
    socket.destroy();
  });

  it("stopping does not wait for handshakes", async () => {
    put(first);
    const rig = await start({}, { timeouts: { graceMs: 50 } });
    const silent = connectTcp(rig.server.httpsPort(), "127.0.0.1");
    silent.on("error", () => {});
    await until(() => rig.server.stats.connections === 1, "the silent one");
    const held = await shakeHands(rig);
    held.on("error", () => {}).write("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    await new Promise((resolve) => held.once("data", resolve));
    await rig.server.stop();
    await until(() => rig.server.stats.connections === 0, "nothing left behind");
  });
});

describe("a certificate that changes", { timeout: 60_000 }, () => {
  function recordingLog() {
    const lines: string[] = [];
    const log: Log = {
      ...silentLog,
      info: (_fields, message) => void lines.push(`info ${message}`),
      warn: (_fields, message) => void lines.push(`warn ${message}`),
      child: () => log,
    };
    return { log, lines };
  }
  const warnings = (lines: readonly string[]) =>
    lines.filter((line) => line.startsWith("warn")).map((line) => line.replaceAll(`${directory}/`, ""));

  /** A look at the files takes a moment of real time. */
  async function poll(clock: FakeClock): Promise<void> {
    for (let turn = 0; turn < 3; turn += 1) {
      await clock.advance(10_000);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  it("is taken up without a restart; connections that are open stay", async () => {
    put(first);
    const clock = new FakeClock();
    const { log, lines } = recordingLog();
    const rig = await start({}, { clock, log });
    assert.equal(await subjectOf(rig), "first");
    const held = await shakeHands(rig);
    held.write("GET /hold HTTP/1.1\r\nHost: x\r\n\r\n");
    await new Promise((resolve) => held.once("data", resolve));
    put(second);
    await poll(clock);
    assert.equal(await subjectOf(rig), "second");
    assert.equal(held.closed, false);
    assert.deepEqual(warnings(lines), []);
    await assert.rejects(
      shakeHands(rig, { maxVersion: "TLSv1.1", minVersion: "TLSv1", ciphers: "DEFAULT@SECLEVEL=0" }),
    );
    put(first);
    await poll(clock);
    assert.equal(await subjectOf(rig), "first");
    held.destroy(); // stopping would give it a second of a clock that stands still
  });

  it("as ACME clients do it, by links that lead elsewhere", async () => {
    const link = join(directory, "live");
    const place = (name: string, { cert, key }: Certificate) => {
      writeFileSync(join(directory, `${name}-cert.pem`), cert);
      writeFileSync(join(directory, `${name}-key.pem`), key);
      for (const kind of ["cert", "key"]) {
        symlinkSync(`${name}-${kind}.pem`, `${link}-${kind}.new`);
        renameSync(`${link}-${kind}.new`, `${link}-${kind}`);
      }
    };
    place("one", first);
    const clock = new FakeClock();
    const rig = await start({ cert: `${link}-cert`, key: `${link}-key` }, { clock });
    place("two", second);
    await poll(clock);
    assert.equal(await subjectOf(rig), "second");
  });

  const broken: Readonly<Record<string, readonly [change: () => void, warning: RegExp]>> = {
    "is no certificate": [() => writeFileSync(certFile, "nonsense"), /cert\.pem is no certificate \(PEM\)/],
    "is empty": [() => writeFileSync(certFile, ""), /cert\.pem is no certificate/],
    "is cut off": [() => writeFileSync(certFile, second.cert.slice(0, 200)), /cert\.pem is no certificate/],
    "has a key of another one": [() => writeFileSync(certFile, second.cert), /key\.pem does not belong to cert\.pem/],
    "has no key": [() => writeFileSync(keyFile, "nonsense"), /key\.pem is no private key/],
    "is gone": [() => rmSync(certFile), /cert\.pem cannot be read \(ENOENT\)/],
    "has a key that is gone": [() => rmSync(keyFile), /key\.pem cannot be read \(ENOENT\)/],
  };
  for (const [what, [change, warning]] of Object.entries(broken)) {
    it(`one that ${what} is told once, and the one before stays; a good one then is taken`, async () => {
      put(first);
      const clock = new FakeClock();
      const { log, lines } = recordingLog();
      const rig = await start({}, { clock, log });
      change();
      await poll(clock);
      assert.equal(await subjectOf(rig), "first");
      assert.equal(warnings(lines).length, 1, lines.join("\n"));
      assert.match(warnings(lines)[0] ?? "", warning);
      assert.match(warnings(lines)[0] ?? "", /; the certificate before it stays in use$/);
      assert.doesNotMatch(lines.join("\n"), /BEGIN|nonsense/);
      put(second);
      await poll(clock);
      assert.equal(await subjectOf(rig), "second");
      assert.equal(warnings(lines).length, 1);
    });
  }

  it("an expired one is used, with a warning", async () => {
    put(await makeCertificate("old", true));
    const { log, lines } = recordingLog();
    const rig = await start({}, { log });
    assert.equal(await subjectOf(rig), "old");
    assert.match(warnings(lines)[0] ?? "", /cert\.pem has expired/);
  });

  it("one of no use at the start is a mistake of the configuration, and nobody is let in", async () => {
    put(first);
    writeFileSync(keyFile, second.key);
    await assert.rejects(start(), (error) => {
      assert.ok(error instanceof ConfigError);
      assert.match(error.message, /^server\.https\.key: .*key\.pem", does not belong to .*cert\.pem$/);
      return true;
    });
    await assert.rejects(
      start({ cert: join(directory, "nowhere.pem") }),
      /server\.https\.cert.*cannot be read \(ENOENT\)/,
    );
  });
});
