import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { HandFedCamera } from "../support/hand-fed-camera.ts";
import { watchMjpeg, type MjpegClient } from "../support/mjpeg-client.ts";
import { serveMjpeg } from "../support/mjpeg-server.ts";
import { until } from "../support/wait.ts";

function picture(fill: number, sizeBytes = 500): Buffer {
  return Buffer.concat([Buffer.from([0xff, 0xd8]), Buffer.alloc(sizeBytes - 4, fill), Buffer.from([0xff, 0xd9])]);
}

/** Everything the socket gives until `enough` says so. */
async function readUntil(client: MjpegClient, enough: (text: string) => boolean): Promise<string> {
  let text = "";
  return new Promise((resolve) => {
    client.socket.on("data", (chunk: Buffer) => {
      text += chunk.toString("latin1");
      if (enough(text)) resolve(text);
    });
  });
}

describe("MJPEG over HTTP", () => {
  const camera = new HandFedCamera("door");
  let served: Awaited<ReturnType<typeof serveMjpeg>>;
  before(async () => {
    served = await serveMjpeg([camera]);
  });
  after(() => served.stop());

  /** A viewer that has its first picture. */
  async function view(query = "", first = picture(1)): Promise<MjpegClient> {
    camera.show(first);
    return watchMjpeg(served.port, `/cameras/door/stream${query}`);
  }

  test("headers are those that every client accepts", async () => {
    const client = await view();
    const lines = client.head.split("\r\n");
    assert.equal(lines[0], "HTTP/1.1 200 OK");
    assert.ok(lines.includes("Content-Type: multipart/x-mixed-replace; boundary=boundarydonotcross"));
    assert.ok(lines.includes("Connection: close"));
    assert.ok(lines.some((line) => /^cache-control: .*no-store/i.test(line)));
    assert.ok(!/transfer-encoding|content-length/i.test(client.head), "ends with the connection, never chunked");
    client.close();
  });

  test("the newest picture comes at once, later ones as they come, each with its length and time", async () => {
    const client = await view();
    const first = await client.next();
    assert.deepEqual(first.body, picture(1));
    camera.show(picture(2, 700));
    const second = await client.next();
    assert.deepEqual(second.body, picture(2, 700));
    assert.equal(second.headers["content-length"], "700");
    assert.match(second.headers["x-timestamp"] ?? "", /^\d{10}\.\d{6}$/);
    assert.ok(Math.abs(Number(second.headers["x-timestamp"]) - Date.now() / 1000) < 5);
    client.close();
  });

  test("a quiet camera's last picture is sent once more, so that browsers paint it", async () => {
    const client = await view();
    await client.next();
    assert.deepEqual((await client.next()).body, picture(1));
    client.close();
  });

  test("the last viewer leaving ends the demand", async () => {
    const client = await view();
    await client.next();
    assert.equal(camera.jpeg.demand, 1, "one subscription, however many viewers");
    client.close();
    await camera.whenDemand(0);
    assert.equal(served.mjpeg.viewers("door"), 0);
  });

  test("/stream is the first camera", async () => {
    camera.show(picture(3));
    const client = await watchMjpeg(served.port, "/stream");
    assert.deepEqual((await client.next()).body, picture(3));
    client.close();
  });

  test("fps thins out by schedule: 10 of 30 are every third", async () => {
    const client = await view("?fps=10");
    await client.next();
    await camera.whenDemand(1);
    const startNs = process.hrtime.bigint();
    for (let index = 1; index <= 30; index += 1) {
      const frame = camera.jpeg.latest;
      assert.ok(frame);
      camera.jpeg.publish({ ...frame, sequence: index, captureTimeNs: startNs + BigInt(index) * 33_333_333n });
      await new Promise((resolve) => setImmediate(resolve));
    }
    const ids: string[] = [];
    while (ids.length < 10) ids.push((await client.next()).headers["x-frame-id"] ?? "");
    const steps = ids.slice(1).map((id, index) => Number(id) - Number(ids[index]));
    assert.deepEqual(
      steps.slice(1),
      Array.from({ length: 8 }, () => 3),
      ids.join(" "),
    );
    client.close();
  });

  test("extra_headers adds ustreamer's", async () => {
    const client = await view("?extra_headers=1");
    const { headers } = await client.next();
    assert.equal(headers["x-ustreamer-online"], "true");
    assert.equal(headers["x-ustreamer-width"], "64");
    assert.match(headers["x-ustreamer-latency"] ?? "", /^\d+\.\d{6}$/);
    client.close();
  });

  test("zero_data sends heads without pictures", async () => {
    const client = await view("?zero_data=1");
    assert.equal((await client.next()).body.length, 0);
    client.close();
  });

  test("advance_headers sends the next head behind each picture, without lengths", async () => {
    camera.show(picture(4));
    const client = await watchMjpeg(served.port, "/cameras/door/stream?advance_headers=1");
    const first = await client.next();
    assert.deepEqual(first.body, picture(4));
    assert.equal(first.headers["content-length"], undefined);
    const raw = readUntil(client, (text) => text.includes("Content-Type"));
    camera.show(picture(5));
    assert.match(
      await raw,
      /\r\n--boundarydonotcross\r\nContent-Type: image\/jpeg\r\nX-Timestamp: [^\r]+\r\n[^]*\r\n\r\n$/,
    );
    client.close();
  });

  test("dual_final_frames repeats the last picture of a series twice", async () => {
    const client = await view("?dual_final_frames=1");
    const bodies = [await client.next(), await client.next(), await client.next()];
    assert.deepEqual(new Set(bodies.map(({ body }) => body[10])), new Set([1]));
    client.close();
  });

  test("key is echoed in the cookie and in the list of clients", async () => {
    const client = await view("?key=phone-1");
    const attributes = /^set-cookie: stream_client=phone-1\/[0-9a-f-]+; (.*?)\r?$/im.exec(client.head)?.[1];
    assert.equal(attributes, "Path=/; Max-Age=30; HttpOnly; SameSite=Lax");
    assert.equal(served.mjpeg.clients("door")[0]?.key, "phone-1");
    client.close();
  });

  test("a bad value of a known key is refused by name, an unknown key is not", async () => {
    camera.show(picture(1));
    const bad = await fetch(`http://127.0.0.1:${served.port}/cameras/door/stream?fps=fast`);
    assert.equal(bad.status, 400);
    assert.match(await bad.text(), /fps/);
    const client = await view("?_=1234&nocache");
    client.close();
  });

  test("an unknown camera is 404, HEAD gets the headers", async () => {
    const url = `http://127.0.0.1:${served.port}/cameras`;
    assert.equal((await fetch(`${url}/nobody/stream`)).status, 404);
    const head = await fetch(`${url}/door/stream`, { method: "HEAD" });
    assert.equal(head.headers.get("content-type"), "multipart/x-mixed-replace; boundary=boundarydonotcross");
  });

  test("HEAD of a lost camera is refused like GET", async () => {
    const other = new HandFedCamera("barn");
    served.registry.add(other);
    other.lose("unplugged");
    const head = await fetch(`http://127.0.0.1:${served.port}/cameras/barn/stream`, { method: "HEAD" });
    assert.equal(head.status, 503);
    served.registry.remove("barn");
  });

  test("a removed camera's viewers are ended", async () => {
    const other = new HandFedCamera("shed");
    served.registry.add(other);
    other.show(picture(1));
    const client = await watchMjpeg(served.port, "/cameras/shed/stream");
    await client.next();
    served.registry.remove("shed");
    await client.ended;
    assert.equal(other.jpeg.demand, 0);
  });
});

test("without any camera the stream is 503 with Retry-After", async () => {
  const served = await serveMjpeg([]);
  const answer = await fetch(`http://127.0.0.1:${served.port}/stream`);
  assert.deepEqual([answer.status, answer.headers.get("retry-after")], [503, "5"]);
  await served.stop();
});

test("the cookie is for what is below the base path, and behind HTTPS only where the stream came by it", async () => {
  const camera = new HandFedCamera("door");
  const served = await serveMjpeg([camera], undefined, { basePath: "/cam/", trustedProxies: ["127.0.0.1"] });
  camera.show(picture(1));
  const ask = { method: "HEAD", headers: { "X-Forwarded-Proto": "https" } };
  const { headers } = await fetch(`http://127.0.0.1:${served.port}/cam/stream`, ask);
  const [, ...attributes] = headers.getSetCookie()[0]?.split("; ") ?? [];
  assert.deepEqual(attributes, ["Path=/cam", "Max-Age=30", "HttpOnly", "SameSite=Lax", "Secure"]);
  await served.stop();
});

test("a stream for which there is no room never starts a camera", async () => {
  const [shown, idle] = [new HandFedCamera("shown"), new HandFedCamera("idle")];
  const limits = { connections: 10, perAddress: 10, reserved: 2, streams: 1 };
  const served = await serveMjpeg([shown, idle], undefined, { limits });
  let starts = 0;
  idle.jpeg.onDemand((demand) => void (starts += demand > 0 ? 1 : 0));
  shown.show(picture(1));
  const client = await watchMjpeg(served.port, "/cameras/shown/stream");
  await client.next();
  const refused = await fetch(`http://127.0.0.1:${served.port}/cameras/idle/stream`);
  assert.deepEqual([refused.status, refused.headers.get("retry-after")], [503, "5"]);
  assert.equal(starts, 0);
  assert.equal(served.server.stats.refusals.streams, 1);
  client.close();
  await shown.whenDemand(0);
  await served.stop();
});

test("of two that wait for the last place, the one that comes late is refused and leaves no demand", async () => {
  const camera = new HandFedCamera("door");
  const limits = { connections: 10, perAddress: 10, reserved: 2, streams: 1 };
  const served = await serveMjpeg([camera], undefined, { limits });
  const ask = () => fetch(`http://127.0.0.1:${served.port}/stream`);
  const both = [ask(), ask()];
  await until(() => served.server.stats.connections === 2 && camera.jpeg.demand === 1, "both to wait");
  camera.show(picture(1));
  const answers = await Promise.all(both);
  assert.deepEqual(new Set(answers.map(({ status }) => status)), new Set([200, 503]));
  for (const { body } of answers) await body?.cancel();
  await camera.whenDemand(0);
  await served.stop();
});

test("a viewer that gives up before the first picture leaves no demand behind", async () => {
  const camera = new HandFedCamera("door");
  const served = await serveMjpeg([camera]);
  const gone = new AbortController();
  const asked = fetch(`http://127.0.0.1:${served.port}/stream`, { signal: gone.signal });
  await camera.whenDemand(1);
  gone.abort();
  await assert.rejects(asked);
  await camera.whenDemand(0);
  await served.stop();
});
