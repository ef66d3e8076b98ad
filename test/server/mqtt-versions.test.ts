import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { after, before, describe, it, type TestContext } from "node:test";
import { systemClock, type Clock } from "../../src/core/clock.ts";
import { BrokerProxy, connectLevel, type ProxyFilters } from "../support/broker-proxy.ts";
import { createFastClock } from "../support/fast-clock.ts";
import { Mosquitto } from "../support/mosquitto.ts";
import { MqttObserver } from "../support/mqtt-observer.ts";
import { needing } from "../support/tool.ts";
import { until } from "../support/wait.ts";
import { LinkRig } from "./mqtt-rig.ts";

/** CONNACK of MQTT 5 with reason 132, and of 3.1.1 with return code 1: unsupported protocol version. */
const connackOf = { five: Buffer.from([0x20, 3, 0, 132, 0]), three: Buffer.from([0x20, 2, 0, 1]) };

const refuseFive =
  (answer: Buffer | undefined) =>
  (packet: Buffer, socket: Socket): Buffer | undefined => {
    if (connectLevel(packet) !== 5) return packet;
    if (answer) socket.write(answer);
    return undefined;
  };

describe("a broker of another kind", { ...needing("mosquitto"), timeout: 60_000 }, () => {
  let broker: Mosquitto;
  before(async () => void (broker = await Mosquitto.start()));
  after(() => broker.stop());

  async function start(
    t: TestContext,
    filters: ProxyFilters,
    clock?: Clock,
  ): Promise<{ rig: LinkRig; proxy: BrokerProxy }> {
    const proxy = await BrokerProxy.start(broker.port, filters);
    t.after(() => proxy.stop());
    return { rig: await LinkRig.start(t, proxy.url, {}, clock), proxy };
  }

  const kinds: readonly (readonly [what: string, answer: Buffer | undefined])[] = [
    ["says so as MQTT 5 does", connackOf.five],
    ["says so as MQTT 3.1.1 does", connackOf.three],
    ["just hangs up", undefined],
  ];
  for (const [what, answer] of kinds) {
    it(`that knows only 3.1.1 and ${what} is spoken to in 3.1.1`, async (t) => {
      const { rig, proxy } = await start(t, { fromClient: refuseFive(answer) });
      await rig.connected();
      assert.equal(rig.link.status.protocol, "3.1.1");
      assert.deepEqual(rig.log.lines, [`info: connected to MQTT broker ${proxy.url} (MQTT 3.1.1)`]);
      assert.equal(proxy.connections, 2);
      const observer = await MqttObserver.connect(broker.url, ["sightline/#"]);
      t.after(() => observer.end());
      const properties = { contentType: "image/jpeg", correlationData: Buffer.from("c"), expirySeconds: 10 };
      rig.link.publish({ topic: "sightline/a", payload: "1", qos: 1, retain: false, ...properties });
      await observer.untilText("sightline/a", "1");
      await rig.link.subscribe(["x/+/set"]);
      await observer.say("x/1/set", "hello");
      await until(() => rig.received.length === 1, "a message");
      assert.ok(rig.link.maxPayloadBytes("x") < 1_500_000);
    });
  }

  it("that was busy for once is spoken to in MQTT 5 again later", async (t) => {
    let isBusy = true;
    const { rig } = await start(t, {
      fromClient: (packet) => {
        const passes = connectLevel(packet) !== 5 || !isBusy;
        return passes ? packet : undefined;
      },
    });
    await rig.connected();
    assert.equal(rig.link.status.protocol, "3.1.1");
    isBusy = false;
    await broker.end("SIGKILL");
    await until(() => rig.disconnections === 1, "the end of the connection");
    await broker.start();
    await rig.connected();
    assert.equal(rig.link.status.protocol, "5.0");
  });

  it("that forbids one subscription of several is told of by that topic, once", async (t) => {
    const { rig } = await start(t, {
      fromBroker: (packet) => {
        if (packet[0] !== 0x90 || packet.length < 7) return packet;
        const changed = Buffer.from(packet);
        changed[6] = 0x87; // not authorized: the second of the reason codes
        return changed;
      },
    });
    await rig.connected();
    await rig.link.subscribe(["x/1", "x/2", "x/3"]);
    await rig.link.subscribe(["x/1", "x/2"]);
    assert.deepEqual(rig.log.with("warn"), [
      "warn: the broker does not let us listen to x/2: its access list does not allow it",
    ]);
    assert.equal(rig.link.status.connections, 1);
  });

  it("that ends the connection is believed why, and left alone for a while", async (t) => {
    const delays: number[] = [];
    const after: Clock["after"] = (delayMs, callback) => {
      delays.push(delayMs);
      return systemClock.after(delayMs, callback);
    };
    const filters: ProxyFilters = {
      fromClient: (packet, socket) => {
        if (packet[0] !== 0x82) return packet;
        socket.write(Buffer.from([0xe0, 1, 142])); // DISCONNECT: session taken over
        return undefined;
      },
    };
    const { rig } = await start(t, filters, { ...systemClock, after });
    rig.onConnected = () => void rig.link.subscribe(["x"]);
    await rig.said("gave our connection to another client with the same client id");
    assert.equal(rig.link.status.state, "waiting");
    assert.deepEqual(delays, [1_000], "half of 2 s is the least");
  });

  it("that has a reason for each attempt is quoted once for each reason", async (t) => {
    let attempts = 0;
    const filters: ProxyFilters = {
      fromClient: (_packet, socket) => {
        attempts += 1;
        socket.write(Buffer.from([0x20, 3, 0, attempts % 2 === 0 ? 136 : 137, 0]));
        return undefined;
      },
    };
    const { rig } = await start(t, filters, createFastClock(20));
    await until(() => rig.failures >= 6, "six attempts");
    assert.equal(rig.log.lines.length, 2);
  });

  it("that is none says what it is not", async (t) => {
    const { rig } = await start(t, {
      fromClient: (_packet, socket) => {
        socket.write("HTTP/1.1 400 Bad Request\r\n\r\n");
        return undefined;
      },
    });
    await until(() => rig.log.lines.length > 0, "words");
    assert.match(rig.log.lines[0] ?? "", /^warn: MQTT broker mqtt:\/\/127\.0\.0\.1:\d+:? .*; trying again$/);
    assert.equal(rig.link.status.state, "waiting");
  });
});
