import assert from "node:assert/strict";
import { test } from "node:test";
import { createMdnsAnnouncer, type MdnsOptions } from "../../../../src/announce/mdns/mdns-announcer.ts";
import { silentLog, type Log } from "../../../../src/core/log.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { FakeNetwork, ipv4, ipv6 } from "./fake-network.ts";

const host = "sightline-0123456789ab.local";
const service = "Pi._http._tcp.local";
const srv = (target: string, port = 8080) => ({ priority: 0, weight: 0, port, target });

function setUp(network = new FakeNetwork(), given: Partial<MdnsOptions> = {}) {
  const clock = new FakeClock();
  const said: string[] = [];
  const note = (_: object, message: string) => void said.push(message);
  const log: Log = { ...silentLog, info: note, warn: note };
  const announcer = createMdnsAnnouncer({
    id: "0123456789ab",
    name: "Pi",
    version: "1.2.3",
    path: "/",
    host: "::",
    http: () => 8080,
    clock,
    log,
    network,
    ...given,
  });
  return { clock, said, network, announcer };
}

async function setUpAnnounced(network?: FakeNetwork, given?: Partial<MdnsOptions>) {
  const rig = setUp(network, given);
  await rig.announcer.start();
  await rig.clock.advance(3_000);
  assert.equal(rig.announcer.status.state, "announced");
  rig.network.take();
  return rig;
}

const announcement = [
  "+ _services._dns-sd._udp.local PTR _http._tcp.local",
  "+ _http._tcp.local PTR Pi._http._tcp.local",
  `+ ${service} SRV ${host}:8080`,
  `+ ${service} TXT id=0123456789ab path=/ version=1.2.3`,
  `+ ${host} A 192.0.2.1`,
];

test("asks three times whether its names are free, announces twice, and says goodbye", async () => {
  const { clock, network, announcer, said } = setUp();
  assert.equal(announcer.status.state, "off");
  await announcer.start();
  assert.equal(announcer.status.state, "announcing");
  await clock.advance(250 + 2 * 250);
  assert.deepEqual(network.take(), Array.from({ length: 3 }, () => [`! ${service}`, `! ${host}`]).flat());
  await clock.advance(250);
  assert.deepEqual(network.take(), announcement);
  assert.deepEqual(announcer.status, { state: "announced", name: "Pi", reason: "on eth0" });
  await clock.advance(1_000);
  assert.deepEqual(network.take(), announcement);
  await clock.advance(3_600_000);
  assert.deepEqual(network.take(), []);
  await announcer.stop();
  assert.deepEqual(
    network.take(),
    announcement.slice(1).map((line) => line.replace("+", "-")),
  );
  assert.equal(announcer.status.state, "off");
  assert.deepEqual([clock.pending, network.listeners.size], [0, 0]);
  assert.deepEqual(said, [`found by mDNS as "Pi", on eth0`]);
});

test("stops within the deadline when the goodbye does not get out", async () => {
  const network = new FakeNetwork();
  const { clock, announcer } = await setUpAnnounced(network);
  const open = network.open.bind(network);
  network.open = async (address, listener) => ({
    ...(await open(address, listener)),
    respond: () => new Promise(() => {}),
  });
  network.joined = false; // opened anew
  await clock.advance(2_000);
  network.joined = true;
  await clock.advance(2_000);
  const stopped = announcer.stop();
  await clock.advance(500);
  await stopped;
  await announcer.stop();
  assert.deepEqual([clock.pending, network.listeners.size], [0, 0]);
});

test("takes the next name when somebody answers for the first, and keeps it through changes of the network", async () => {
  const { clock, network, announcer } = setUp();
  await announcer.start();
  await clock.advance(300);
  network.hear("response", {
    answers: [{ name: service.toUpperCase(), type: "SRV", ttl: 120, data: srv("nas.local") }],
  });
  await clock.advance(2_000);
  assert.equal(announcer.status.name, "Pi (2)");
  network.take();
  network.devices = {};
  await clock.advance(2_000);
  assert.deepEqual(announcer.status, { state: "announcing", name: "Pi (2)", reason: "waiting for a network" });
  network.devices = { eth0: [ipv4("192.0.2.8")] };
  await clock.advance(4_000);
  assert.ok(network.take().includes(`+ Pi (2)._http._tcp.local SRV ${host}:8080`));
});

test("gives way to whoever probes at the same moment and wins, and takes no heed of who loses", async () => {
  const probe = (target: string) => ({
    questions: [{ name: service, type: "ANY" }],
    authorities: [{ name: service, type: "SRV", ttl: 120, data: srv(target) }],
  });
  const rig = setUp();
  await rig.announcer.start();
  await rig.clock.advance(300);
  rig.network.take();
  rig.network.hear("query", {
    ...probe("a.local"),
    authorities: [{ ...probe("").authorities[0]!, type: "TXT", data: [] }],
  });
  await rig.clock.advance(250);
  assert.notDeepEqual(rig.network.take(), [], "an earlier record loses");
  rig.network.hear("query", probe("zebra.local")); // TXT, which we have as well, comes before SRV
  await rig.clock.advance(990);
  assert.deepEqual(rig.network.take(), [], "waits a second");
  await rig.clock.advance(2_000);
  assert.deepEqual(rig.announcer.status, { state: "announced", name: "Pi", reason: "on eth0" });
});

test("asks again when its name is contested later, and keeps it when nobody insists", async () => {
  const { clock, network, announcer } = await setUpAnnounced();
  network.hear("response", { answers: [{ name: service, type: "SRV", ttl: 120, data: srv("nas.local") }] });
  await clock.advance(1);
  assert.deepEqual(network.take(), [`! ${service}`, `! ${host}`]);
  await clock.advance(2_000);
  assert.deepEqual([announcer.status.state, announcer.status.name], ["announced", "Pi"]);
});

test("takes neither its own words for somebody else's, nor its other interface", async () => {
  const devices = { eth0: [ipv4("192.0.2.1"), ipv6("2001:db8::1")], wlan0: [ipv4("192.0.2.2")] };
  const { clock, network, announcer } = await setUpAnnounced(new FakeNetwork(devices));
  assert.equal(announcer.status.reason, "on eth0, wlan0");
  const addresses = [
    { name: host, type: "A", ttl: 120, data: "192.0.2.2" },
    { name: host, type: "AAAA", ttl: 120, data: "2001:DB8:0:0::1" },
  ];
  network.hear("response", { answers: [...addresses, { name: service, type: "SRV", ttl: 120, data: srv(host) }] });
  network.hear("response", { answers: [{ name: service, type: "SRV", ttl: 0, data: srv("nas.local") }] });
  await clock.advance(1_000);
  assert.deepEqual(network.take(), []);
  network.hear("response", { answers: [{ name: host, type: "A", ttl: 120, data: "192.0.2.77" }] });
  await clock.advance(1);
  assert.ok(network.take().includes(`! ${host}`), "that is a stranger with our name");
});

test("announces again when somebody says goodbye to what is ours too", async () => {
  const { clock, network } = await setUpAnnounced();
  for (let times = 0; times < 20; times += 1) {
    network.hear("response", { answers: [{ name: "_http._tcp.local", type: "PTR", ttl: 0, data: service }] });
  }
  await clock.advance(900);
  assert.deepEqual(network.take(), announcement);
});

test("announces a new address at once, without asking again", async () => {
  const { clock, network } = await setUpAnnounced();
  network.devices = { eth0: [ipv4("192.0.2.1"), ipv6("2001:db8::1"), ipv6("fe80::1")] };
  await clock.advance(2_000);
  const said = network.take();
  assert.deepEqual(said.slice(0, 6), [...announcement, `+ ${host} AAAA 2001:db8::1`]);
  assert.ok(!said.some((line) => line.startsWith("!") || line.includes("fe80")), said.join("\n"));
  network.devices = { eth0: [ipv4("192.0.2.1")] };
  await clock.advance(2_000);
  assert.equal(network.take()[0], `- ${host} AAAA 2001:db8::1`);
});

test("asks for the name of a service that comes later, and takes it back when that goes", async () => {
  let rtsp: number | undefined;
  const { clock, network } = await setUpAnnounced(new FakeNetwork(), { rtsp: () => rtsp });
  rtsp = 8554;
  await clock.advance(4_000);
  const said = network.take();
  assert.ok(said.includes("! Pi._rtsp._tcp.local"), said.join("\n"));
  assert.ok(said.includes(`+ Pi._rtsp._tcp.local SRV ${host}:8554`), said.join("\n"));
  rtsp = 0;
  await clock.advance(2_000);
  assert.deepEqual(
    network.take().filter((line) => line.startsWith("-")),
    [
      "- _rtsp._tcp.local PTR Pi._rtsp._tcp.local",
      `- Pi._rtsp._tcp.local SRV ${host}:8554`,
      "- Pi._rtsp._tcp.local TXT id=0123456789ab path=/ version=1.2.3",
    ],
  );
});

test("opens anew when the address is another, or the interface has joined nothing", async () => {
  const { clock, network, announcer } = await setUpAnnounced();
  network.devices = { eth0: [ipv4("192.0.2.55")] };
  await clock.advance(4_000);
  assert.deepEqual([...network.listeners.keys()], ["192.0.2.55"]);
  assert.ok(network.take().includes(`+ ${host} A 192.0.2.55`));
  network.joined = false;
  await clock.advance(2_000);
  assert.equal(network.opened, 3);
  network.joined = true;
  await clock.advance(2_000);
  assert.equal(announcer.status.state, "announced");
});

test("says once what does not work, tries again with growing pauses, and says when it works", async () => {
  const network = new FakeNetwork();
  network.openError = new Error("another program holds UDP port 5353 for itself alone");
  const { clock, announcer, said } = setUp(network);
  await announcer.start();
  await clock.advance(600_000);
  const message = "eth0: another program holds UDP port 5353 for itself alone";
  assert.deepEqual(announcer.status, { state: "failed", name: "Pi", reason: message });
  assert.deepEqual(said, [
    "mDNS does not work on eth0: another program holds UDP port 5353 for itself alone; it is tried again",
  ]);
  assert.ok(network.opened > 10 && network.opened < 20, `tried ${network.opened} times in ten minutes`);
  network.openError = undefined;
  await clock.advance(120_000);
  assert.deepEqual(said.slice(1), [`found by mDNS as "Pi", on eth0`, "mDNS works on eth0 again"]);
  network.sendError = new Error("a firewall");
  network.hear("query", { questions: [{ name: service, type: "SRV" }] });
  await clock.advance(10);
  assert.equal(announcer.status.state, "failed");
  await announcer.stop();
  assert.deepEqual([clock.pending, network.listeners.size], [0, 0]);
});

test("survives interfaces that cannot be listed", async () => {
  const network = new FakeNetwork();
  const { clock, announcer } = setUp(network);
  const list = network.interfaces.bind(network);
  network.interfaces = () => {
    throw new Error("EPERM");
  };
  await announcer.start();
  assert.deepEqual(
    [announcer.status.state, announcer.status.reason],
    ["failed", "the network interfaces cannot be listed: EPERM"],
  );
  network.interfaces = list;
  await clock.advance(5_000);
  assert.equal(announcer.status.state, "announced");
});

test("answers within the rules: what is asked for, once a second, plain resolvers by themselves", async () => {
  const { clock, network } = await setUpAnnounced();
  const ask = { questions: [{ name: "_http._tcp.local", type: "PTR" }] };
  for (let times = 0; times < 5; times += 1) network.hear("query", ask);
  await clock.advance(120);
  assert.deepEqual(network.take(), [announcement[1]]);
  await clock.advance(1_000);
  network.hear("query", ask, "203.0.113.9"); // from a network that is none of ours: nobody else's either
  await clock.advance(120);
  assert.equal(network.take().length, 1);
  network.hear("query", { ...ask, id: 7 }, "192.0.2.40", 40_000);
  const [{ packet } = { packet: undefined }] = network.sent.splice(0);
  assert.deepEqual([packet?.id, packet?.questions, packet?.answers?.[0]?.ttl], [7, ask.questions, 10]);
});
