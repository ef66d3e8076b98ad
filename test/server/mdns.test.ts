import assert from "node:assert/strict";
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { test, type TestContext } from "node:test";
import createMulticastDns, { type ReceivedPacket, type ReceivedRecord } from "multicast-dns";
import { createMdnsAnnouncer, type MdnsAnnouncer } from "../../src/announce/mdns/mdns-announcer.ts";
import { createMdnsNetwork } from "../../src/announce/mdns/mdns-network.ts";
import { silentLog } from "../../src/core/log.ts";
import { FakeClock } from "../support/fake-clock.ts";
import { processResources } from "../support/process-resources.ts";
import { until } from "../support/wait.ts";

const group = "224.0.0.251";
const loopback = {
  address: "127.0.0.1",
  netmask: "255.0.0.0",
  family: "IPv4",
  mac: "00:00:00:00:00:00",
  internal: false, // it is, but here it is all the network there is
  cidr: "127.0.0.1/8",
} as const;

interface Rig {
  readonly port: number;
  readonly clock: FakeClock;
  readonly announcer: MdnsAnnouncer;
  /** Moves time on until it is announced, or failed. */
  readonly reach: (state: string) => Promise<void>;
}

/** An announcer that speaks on the loopback interface, at a port of its own, in its own time. */
async function setUp(context: TestContext): Promise<Rig> {
  const holder = await bindExclusively(0);
  const { port } = holder.address();
  await close(holder);
  const clock = new FakeClock();
  const announcer = createMdnsAnnouncer({
    id: "0123456789ab",
    name: "Loop",
    version: "1.2.3",
    path: "/",
    host: "::",
    http: () => 8080,
    clock,
    log: silentLog,
    network: { ...createMdnsNetwork(port), interfaces: () => ({ lo: [loopback] }) },
  });
  context.after(() => announcer.stop());
  const reach = (state: string) =>
    until(async () => {
      await clock.advance(250);
      return announcer.status.state === state;
    }, `${state}: ${announcer.status.reason}`).then(() => undefined);
  return { port, clock, announcer, reach };
}

async function bindExclusively(port: number): Promise<Socket> {
  const socket = createSocket("udp4");
  socket.bind(port, "0.0.0.0");
  await once(socket, "listening");
  return socket;
}

async function close(socket: Socket): Promise<void> {
  await new Promise<void>((resolve) => void socket.close(resolve));
}

test("is heard on the wire, survives nonsense, and leaves nothing behind", async (context) => {
  const { descriptors } = processResources();
  const { port, announcer, reach } = await setUp(context);
  const heard: ReceivedRecord[] = [];
  const other = createMulticastDns({ interface: "127.0.0.1", bind: group, port });
  other.on("response", ({ answers }: ReceivedPacket) => void heard.push(...answers));
  await once(other, "networkInterface");
  await announcer.start();
  await reach("announced");
  await until(() => heard.some(({ type, ttl }) => type === "SRV" && ttl === 120), "the announcement");

  const stranger = createSocket("udp4");
  stranger.bind(0, "127.0.0.1");
  await once(stranger, "listening");
  stranger.setMulticastInterface("127.0.0.1");
  for (let round = 0; round < 300; round += 1) {
    const nonsense = Buffer.from(Array.from({ length: round }, (_, index) => (index * 7 + round * 31) % 256));
    stranger.send(nonsense, port, group);
  }
  stranger.send(encodeQuestion(0x0102, "_http._tcp.local"), port, group);
  const [answer] = (await once(stranger, "message")) as [Buffer];
  assert.equal(answer.readUInt16BE(0), 0x0102, "a plain resolver is answered by itself");
  assert.ok(answer.includes("sightline-0123456789ab"));
  assert.equal(announcer.status.state, "announced");

  await announcer.stop();
  await until(() => heard.some(({ type, ttl }) => type === "PTR" && ttl === 0), "the goodbye");
  await close(stranger);
  await new Promise<void>((resolve) => other.destroy(resolve));
  await until(() => !processResources().active.includes("UDPWrap"), "all sockets to close");
  assert.deepEqual(processResources().descriptors, descriptors);
});

test("says in plain words that another program holds the port, and begins when that ends", async (context) => {
  const { port, announcer, reach } = await setUp(context);
  const holder = await bindExclusively(port);
  await announcer.start();
  await reach("failed");
  assert.equal(announcer.status.reason, "lo: another program holds UDP port 5353 for itself alone");
  await close(holder);
  await reach("announced");
  assert.deepEqual(announcer.status, { state: "announced", name: "Loop", reason: "on lo" });
});

test("may be stopped while it begins, and before", async (context) => {
  const { announcer, clock } = await setUp(context);
  await announcer.stop();
  await announcer.start();
  await announcer.stop();
  await announcer.stop();
  assert.deepEqual([announcer.status.state, clock.pending], ["off", 0]);
});

/** A query for PTR records (RFC 1035 §4.1). */
function encodeQuestion(id: number, name: string): Buffer {
  const head = Buffer.alloc(12);
  head.writeUInt16BE(id, 0);
  head.writeUInt16BE(1, 4);
  const labels = name.split(".").map((label) => Buffer.concat([Buffer.from([label.length]), Buffer.from(label)]));
  return Buffer.concat([head, ...labels, Buffer.from([0, 0, 12, 0, 1])]);
}
