import assert from "node:assert/strict";
import { after, afterEach, before, describe, it } from "node:test";
import { startAvahi, type Avahi, type AvahiBrowser } from "../support/avahi.ts";
import { browseAnew, startAnnouncer, type AnnouncerProcess } from "../support/mdns-announcer.ts";
import { createMdnsNetwork, needingNamespaces, type Machine, type MdnsNetwork } from "../support/mdns-network.ts";
import { until } from "../support/wait.ts";

const tools = ["avahi-daemon", "avahi-browse", "avahi-publish", "avahi-resolve", "dbus-daemon", "mount"];
const name = "Sightline on pi";
const host = "sightline-0123456789ab.local";

describe("mDNS, seen by avahi", { ...needingNamespaces(...tools), timeout: 120_000 }, () => {
  let network: MdnsNetwork;
  let pi: Machine;
  let desk: Machine;
  let piAvahi: Avahi;
  let deskAvahi: Avahi;
  const running: { stop(): Promise<void> }[] = [];
  const keep = <T extends { stop(): Promise<void> }>(started: T): T => {
    running.push(started);
    return started;
  };
  const announce = (machine: Machine, options?: Parameters<typeof startAnnouncer>[1]): AnnouncerProcess =>
    keep(startAnnouncer(machine, options));
  const watch = (avahi: Avahi, type = "_http._tcp"): AvahiBrowser => keep(avahi.browse(type));
  const seen = (browser: AvahiBrowser, event: string, wanted: string) =>
    until(
      () => browser.events().find((line) => line.event === event && line.name === wanted && line.protocol === "IPv4"),
      `"${event} ${wanted}" in:\n${browser.output()}`,
    );

  before(async () => {
    network = await createMdnsNetwork();
    pi = await network.add("pi");
    desk = await network.add("desk");
    await pi.plug("eth0", "10.77.0.1/24");
    await desk.plug("eth0", "10.77.0.2/24");
    await desk.ip("route", "add", "default", "dev", "eth0"); // the other browser cannot do without
    [piAvahi, deskAvahi] = await Promise.all([startAvahi(pi, "pi"), startAvahi(desk, "desk")]);
  });
  afterEach(async () => {
    await Promise.all(running.splice(0).map((started) => started.stop()));
  });
  after(async () => {
    await piAvahi?.stop();
    await deskAvahi?.stop();
    await network?.remove();
  });

  it("is found and resolved, beside an avahi-daemon of the same machine, and seen to leave", async () => {
    const browser = watch(deskAvahi);
    const rtsp = watch(deskAvahi, "_rtsp._tcp");
    const beside = watch(piAvahi);
    const announcer = announce(pi, { rtsp: 8554 });
    const found = await seen(browser, "=", name);
    assert.deepEqual(
      { ...found, txt: found.txt.toSorted() },
      {
        event: "=",
        interfaceName: "eth0",
        protocol: "IPv4",
        name,
        type: "_http._tcp",
        host,
        address: "10.77.0.1",
        port: 8080,
        txt: ["id=0123456789ab", "path=/", "version=1.2.3"],
      },
    );
    assert.equal((await seen(rtsp, "=", name)).port, 8554);
    await seen(beside, "=", name);
    assert.equal(await deskAvahi.resolve("pi.local"), "10.77.0.1");
    assert.equal(await deskAvahi.resolve(host), "10.77.0.1");
    assert.deepEqual(announcer.messages(), [`found by mDNS as "${name}", on eth0`]);
    await announcer.stop();
    await seen(browser, "-", name);
    await seen(rtsp, "-", name);
    await seen(beside, "-", name);
    assert.ok((announcer.stoppedMs() ?? Infinity) < 1_000, `stop took ${announcer.stoppedMs()} ms`);
    assert.doesNotMatch(piAvahi.log(), /conflict|collision/i);
  });

  it("takes the next name when its own is taken, and leaves whoever has it in peace", async () => {
    const name = "Taken";
    keep(deskAvahi.publish(name, "_http._tcp", 80));
    const browser = watch(deskAvahi);
    await seen(browser, "=", name);
    const first = announce(pi, { name, id: "aaaaaaaaaaaa" });
    await first.announced("Taken (2)");
    const second = announce(desk, { name, id: "bbbbbbbbbbbb", http: 8081 });
    await second.announced("Taken (3)");
    const [found, next] = [await seen(browser, "=", "Taken (2)"), await seen(browser, "=", "Taken (3)")];
    assert.deepEqual([found.host, found.address, found.port], ["sightline-aaaaaaaaaaaa.local", "10.77.0.1", 8080]);
    assert.deepEqual([next.host, next.address, next.port], ["sightline-bbbbbbbbbbbb.local", "10.77.0.2", 8081]);
    await first.stop();
    await seen(browser, "-", "Taken (2)");
    const others = [name, "Taken (3)"];
    assert.ok(!browser.events().some((line) => line.event === "-" && others.includes(line.name)), browser.output());
  });

  it("keeps its name when somebody else comes and wants it", async () => {
    const name = "Wanted";
    const browser = watch(deskAvahi);
    const announcer = announce(pi, { name, id: "cccccccccccc" });
    await announcer.announced(name);
    keep(deskAvahi.publish(name, "_http._tcp", 80));
    assert.equal((await seen(browser, "=", "Wanted #2")).port, 80);
    assert.equal((await seen(browser, "=", name)).host, "sightline-cccccccccccc.local");
    assert.equal(announcer.status()?.name, name);
  });

  it("shares out the names when two start at once, even two copies of one memory card", async () => {
    const options = { name: "Twin", id: "dddddddddddd" };
    const browser = watch(deskAvahi);
    const twins = [announce(pi, options), announce(desk, options)];
    await until(
      () => new Set(twins.map((twin) => (twin.status()?.state === "announced" ? twin.status()?.name : ""))).size === 2,
      "both to have a name",
    );
    const found = [await seen(browser, "=", "Twin"), await seen(browser, "=", "Twin (2)")];
    const hosts = ["sightline-dddddddddddd-2.local", "sightline-dddddddddddd.local"];
    assert.deepEqual(found.map((line) => line.host).toSorted(), hosts);
    assert.deepEqual(found.map((line) => line.address).toSorted(), ["10.77.0.1", "10.77.0.2"]);
  });

  it("waits for a network that comes after it, and follows its address", async () => {
    const late = await network.add("late");
    const browser = watch(deskAvahi);
    const announcer = announce(late, { name: "Late", id: "eeeeeeeeeeee" });
    await until(() => announcer.status()?.reason === "waiting for a network", "it to wait");
    await late.plug("eth0", "10.77.0.7/24");
    const { host, address } = await seen(browser, "=", "Late");
    assert.equal(address, "10.77.0.7");
    await late.ip("addr", "del", "10.77.0.7/24", "dev", "eth0");
    await late.ip("addr", "add", "10.77.0.9/24", "dev", "eth0");
    await until(async () => (await deskAvahi.resolve(host)) === "10.77.0.9", "the new address");
    assert.deepEqual((await browseAnew(desk, "Late")).addresses, ["10.77.0.9"]);
    await late.ip("addr", "add", "fd77::9/64", "dev", "eth0");
    await until(async () => (await deskAvahi.resolve(host, 6)) === "fd77::9", "the IPv6 address");
    await late.plug("wlan0", "10.78.0.7/24");
    await until(() => announcer.status()?.reason === "on eth0, wlan0", "the second interface");
    assert.deepEqual(announcer.messages(), [
      "mDNS: waiting for a network",
      `found by mDNS as "Late", on eth0`,
      `found by mDNS as "Late", on eth0, wlan0`,
    ]);
  });

  it("is there again when its interface was down, lost its address for a moment, or was replaced", async () => {
    const tough = await network.add("tough");
    await tough.plug("eth0", "10.77.0.5/24");
    const announcer = announce(tough, { name: "Tough", id: "ffffffffffff" });
    await announcer.announced();
    const expectFound = async (after: string) => {
      const found = await browseAnew(desk, "Tough").catch((error: Error) => assert.fail(`${after}: ${error.message}`));
      assert.deepEqual(found.addresses, ["10.77.0.5"], after);
    };
    await tough.ip("link", "set", "eth0", "down");
    await until(() => announcer.status()?.reason === "waiting for a network", "it to notice");
    await tough.ip("link", "set", "eth0", "up");
    await announcer.announced();
    await expectFound("up again");
    await tough.ip("addr", "flush", "dev", "eth0");
    await tough.ip("addr", "add", "10.77.0.5/24", "dev", "eth0");
    await expectFound("the address is back");
    process.kill(announcer.pid, "SIGSTOP"); // it must not see that there was none in between
    await tough.ip("link", "del", "eth0");
    await tough.plug("eth0", "10.77.0.5/24");
    await until(
      async () => (await tough.run("cat", "/sys/class/net/eth0/operstate")) === "up\n",
      "the new one to be up",
    );
    process.kill(announcer.pid, "SIGCONT");
    await expectFound("another interface of that name");
  });
});
