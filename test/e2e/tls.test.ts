import assert from "node:assert/strict";
import { spawn, spawnSync } from "node:child_process";
import { X509Certificate } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { hostname, tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { connect } from "node:tls";
import { makeCertificate } from "../support/certificate.ts";
import { cleanEnvironment, runSightline, sightlineProgram, startSightline } from "../support/process-sightline.ts";
import { runTool } from "../support/run-tool.ts";
import { needing } from "../support/tool.ts";
import { until } from "../support/wait.ts";
import { patternCamera } from "./cameras.ts";

const directory = mkdtempSync(join(tmpdir(), "sightline-tls-e2e-"));
const cert = join(directory, "tls-cert.pem");
const key = join(directory, "tls-key.pem");
after(() => rmSync(directory, { recursive: true }));

describe("sightline tls --self-signed", { timeout: 120_000 }, () => {
  before(async () => {
    const { code, stdout, stderr } = await runSightline(["tls", "--self-signed", "--data-dir", directory]);
    assert.equal(code, 0, stderr);
    const certificate = new X509Certificate(readFileSync(cert));
    assert.ok(stdout.includes(certificate.fingerprint256), stdout);
    assert.ok(stdout.includes(`cert: ${JSON.stringify(cert)}`), stdout);
    assert.ok(!stdout.includes("BEGIN"), "the key is shown");
  });

  it("makes files for their owner alone, for this machine's names and addresses", () => {
    for (const file of [cert, key]) assert.equal(statSync(file).mode & 0o777, 0o600, file);
    const certificate = new X509Certificate(readFileSync(cert));
    for (const name of ["localhost", hostname(), `${hostname().split(".")[0]}.local`]) {
      assert.equal(certificate.checkHost(name), name.toLowerCase(), name);
    }
    for (const address of ["127.0.0.1", "::1"]) assert.ok(certificate.checkIP(address), address);
    assert.equal(certificate.ca, false);
  });

  it("replaces none that is there", async () => {
    const before = readFileSync(cert, "utf8");
    const again = await runSightline(["tls", "--self-signed", "--data-dir", directory]);
    assert.equal(again.code, 1);
    assert.match(again.stderr, /tls-cert\.pem is there already/);
    assert.equal(readFileSync(cert, "utf8"), before);
  });

  it(
    "what it prints works: curl trusts it, ffmpeg plays it, HTTP goes on beside it",
    needing("curl", "ffmpeg"),
    async () => {
      const server = { https: { port: 0, cert, key } };
      const sightline = await startSightline({ cameras: [patternCamera], server });
      try {
        await until(() => sightline.httpsPort() > 0, "HTTPS to be told");
        const url = `https://localhost:${sightline.httpsPort()}`;
        for (const version of ["--tlsv1.2", "--tlsv1.3"]) {
          const stdout = await runTool("curl", ["-sS", version, "--cacert", cert, `${url}/healthz`]);
          assert.equal(String(stdout), "ok\n");
        }
        const old = spawnSync("curl", ["-sS", "--tls-max", "1.1", "--cacert", cert, `${url}/healthz`]);
        assert.notEqual(old.status, 0);
        const shown = join(directory, "frames.jpg");
        await runTool("ffmpeg", [
          "-v",
          "error",
          "-y",
          "-f",
          "mpjpeg",
          "-i",
          `${url}/stream`,
          "-frames:v",
          "5",
          "-update",
          "1",
          shown,
        ]);
        assert.ok(statSync(shown).size > 1000);
        assert.equal((await fetch(`${sightline.origin}/healthz`)).status, 200);
      } finally {
        assert.equal((await sightline.stop()).code, 0);
      }
    },
  );
});

describe("a certificate in a running program", { timeout: 120_000 }, () => {
  const place = { cert: join(directory, "live.pem"), key: join(directory, "live-key.pem") };
  const put = async (name: string) => {
    const made = await makeCertificate(name);
    writeFileSync(place.cert, made.cert);
    writeFileSync(place.key, made.key);
  };

  function subjectAt(port: number): Promise<string> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port, host: "127.0.0.1", rejectUnauthorized: false }, () => {
        resolve(String(socket.getPeerCertificate().subject.CN));
        socket.destroy();
      });
      socket.on("error", reject);
    });
  }

  it("is taken up when it changes; one of no use is a line in the log that shows nothing of the key", async () => {
    await put("first");
    const sightline = await startSightline({ cameras: [patternCamera], server: { https: { port: 0, ...place } } });
    try {
      await until(() => sightline.httpsPort() > 0, "HTTPS to be told");
      assert.equal(await subjectAt(sightline.httpsPort()), "first");
      writeFileSync(place.key, "-----BEGIN PRIVATE KEY-----\nSECRETSECRET\n-----END PRIVATE KEY-----\n");
      await until(() => sightline.log().includes("is no private key"), "the warning", 20_000);
      assert.equal(await subjectAt(sightline.httpsPort()), "first");
      await put("second");
      const readings = () => sightline.log().split("HTTPS with the certificate").length - 1;
      await until(() => readings() === 2, "the new certificate", 20_000);
      assert.equal(await subjectAt(sightline.httpsPort()), "second");
      assert.doesNotMatch(sightline.log(), /SECRET|BEGIN/);
    } finally {
      assert.equal((await sightline.stop()).code, 0);
    }
  });

  it("of no use at the start ends the program with status 78 and plain words", async () => {
    await put("third");
    const other = await makeCertificate("other");
    writeFileSync(place.key, other.key);
    const https = Object.entries(place).flatMap(([name, file]) => ["--set", `server.https.${name}=${file}`]);
    const args = ["--host", "127.0.0.1", "--port", "0", "--set", "server.https.port=0", "--set", "auth.mode=none"];
    const { code, stderr, stdout } = await runSightline(["serve", ...args, ...https]);
    assert.equal(code, 78);
    assert.match(stdout + stderr, /live-key\.pem.* does not belong to .*live\.pem/);
  });
});

describe("other places to listen", { timeout: 120_000 }, () => {
  it("a Unix socket, for a proxy", needing("curl"), async () => {
    const socket = join(directory, "http.sock");
    const sightline = await startSightline({ cameras: [patternCamera], server: { socket } });
    try {
      assert.equal(sightline.port, 0);
      assert.equal(statSync(socket).mode & 0o777, 0o660);
      const stdout = await runTool("curl", ["-sS", "--unix-socket", socket, "http://localhost/api/cameras"]);
      assert.match(String(stdout), /"id":"pattern"/);
    } finally {
      assert.equal((await sightline.stop()).code, 0);
    }
    assert.equal(existsSync(socket), false);
  });

  it("sockets that systemd opened: HTTP and HTTPS by their names", async () => {
    const made = await makeCertificate("activated");
    const place = { cert: join(directory, "activated.pem"), key: join(directory, "activated-key.pem") };
    writeFileSync(place.cert, made.cert);
    writeFileSync(place.key, made.key);
    const [plain, encrypted] = [await openSocket(), await openSocket()];
    const https = Object.entries(place).flatMap(([name, file]) => ["--set", `server.https.${name}=${file}`]);
    const args = [
      "serve",
      "--port",
      "1",
      "--host",
      "127.0.0.1",
      "--data-dir",
      join(directory, "data"),
      "--set",
      "auth.mode=none",
    ];
    const cameras = ["--set", `cameras=[${JSON.stringify(patternCamera)}]`];
    // The process id in LISTEN_PID must be the program's own: the shell becomes it.
    const script = 'LISTEN_PID=$$ LISTEN_FDS=2 LISTEN_FDNAMES=web:web-https exec "$@"';
    const words = ["-c", script, "sh", process.execPath, sightlineProgram(), ...args, ...https, ...cameras];
    const child = spawn("sh", words, {
      cwd: directory,
      env: cleanEnvironment(),
      stdio: ["ignore", "ignore", "pipe", plain.fd, encrypted.fd],
    });
    let said = "";
    child.stderr?.on("data", (chunk: Buffer) => (said += chunk.toString()));
    const ended = new Promise((resolve) => child.once("close", resolve));
    plain.close();
    encrypted.close();
    await until(() => said.includes(`https://127.0.0.1:${encrypted.port}/`), `it to listen: ${said}`, 20_000);
    assert.match(said, new RegExp(`http://127\\.0\\.0\\.1:${plain.port}/`));
    assert.equal(await (await fetch(`http://127.0.0.1:${plain.port}/healthz`)).text(), "ok\n");
    const socket = connect({ port: encrypted.port, host: "127.0.0.1", rejectUnauthorized: false });
    await new Promise((resolve, reject) => socket.once("secureConnect", resolve).once("error", reject));
    socket.destroy();
    child.kill("SIGTERM");
    assert.equal(await ended, 0, said);
  });

  /** A listening socket whose descriptor can be passed on. */
  async function openSocket(): Promise<{ fd: number; port: number; close(): void }> {
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { fd } = (server as unknown as { _handle: { fd: number } })._handle;
    const address = server.address();
    assert.ok(typeof address === "object" && address !== null);
    return { fd, port: address.port, close: () => void server.close() };
  }
});
