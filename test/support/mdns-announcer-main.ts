// A process that announces itself by mDNS, as Sightline does: options as JSON in its argument, its status on stdout.
import { systemClock } from "../../src/core/clock.ts";
import type { Log } from "../../src/core/log.ts";
import { createMdnsAnnouncer, type MdnsOptions } from "../../src/announce/mdns/mdns-announcer.ts";

type Given = Partial<Pick<MdnsOptions, "id" | "name">> & { readonly http?: number; readonly rtsp?: number };

const given = JSON.parse(process.argv[2] ?? "{}") as Given;
const write = (entry: object) => void process.stdout.write(`${JSON.stringify(entry)}\n`);
const log: Log = {
  debug: () => {},
  info: (_, message) => write({ message }),
  warn: (_, message) => write({ message }),
  error: (_, message) => write({ message }),
  child: () => log,
};
const announcer = createMdnsAnnouncer({
  id: given.id ?? "0123456789ab",
  name: given.name ?? "Sightline on pi",
  version: "1.2.3",
  path: "/",
  host: "::",
  http: () => given.http ?? 8080,
  rtsp: () => given.rtsp,
  clock: systemClock,
  log,
});
let previous = "";
const watch = setInterval(() => {
  const status = JSON.stringify(announcer.status);
  if (status !== previous) write({ status: announcer.status });
  previous = status;
}, 20);
process.once("SIGTERM", () => {
  clearInterval(watch);
  const startMs = performance.now();
  void announcer.stop().then(() => write({ stoppedMs: Math.round(performance.now() - startMs) }));
});
await announcer.start();
