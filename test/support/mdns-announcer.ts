import { fileURLToPath } from "node:url";
import type { MdnsStatus } from "../../src/announce/mdns/mdns-announcer.ts";
import type { Machine, NamespaceProcess } from "./mdns-network.ts";
import { until } from "./wait.ts";

const program = fileURLToPath(new URL("mdns-announcer-main.js", import.meta.url));
const browser = fileURLToPath(new URL("mdns-browse-main.js", import.meta.url));

export interface AnnouncerProcess extends NamespaceProcess {
  /** Its newest status. */
  status(): MdnsStatus | undefined;
  /** What it logged. */
  messages(): readonly string[];
  /** Resolves when it is announced by that name. */
  announced(name?: string): Promise<MdnsStatus>;
  /** How long its `stop` took; undefined before. */
  stoppedMs(): number | undefined;
}

interface AnnouncerLine {
  readonly message?: string;
  readonly status?: MdnsStatus;
  readonly stoppedMs?: number;
}

/** Starts mdns-announcer-main.ts in a machine. */
export function startAnnouncer(
  machine: Machine,
  options: { readonly id?: string; readonly name?: string; readonly http?: number; readonly rtsp?: number } = {},
): AnnouncerProcess {
  const child = machine.spawn([process.execPath, program, JSON.stringify(options)]);
  const lines = () => parseLines(child.output()) as readonly AnnouncerLine[];
  const status = () => lines().findLast((line) => line.status)?.status;
  return {
    ...child,
    status,
    messages: () => lines().flatMap(({ message }) => message ?? []),
    announced: (name) =>
      until(
        () => {
          const now = status();
          return now?.state === "announced" && (name === undefined || now.name === name) && now;
        },
        `${machine.name} to announce ${name ?? "itself"}`,
      ).catch((error: unknown) => {
        throw new Error(`${(error as Error).message}; it said:\n${child.output()}`);
      }),
    stoppedMs: () => lines().find((line) => line.stoppedMs !== undefined)?.stoppedMs,
  };
}

export interface FoundService {
  readonly name: string;
  readonly host: string;
  readonly port: number;
  readonly addresses: readonly string[];
  readonly txt: Readonly<Record<string, string>>;
}

/** Looks for a `_http._tcp` of this name with a client that knows nothing yet. */
export async function browseAnew(machine: Machine, name: string): Promise<FoundService> {
  const child = machine.spawn([process.execPath, browser]);
  try {
    const find = () => (parseLines(child.output()) as readonly FoundService[]).find((found) => found.name === name);
    return await until(find, `${name} to be found`);
  } finally {
    await child.stop();
  }
}

function parseLines(output: string): readonly unknown[] {
  const lines = output.split("\n").slice(0, -1);
  return lines.filter((line) => line.startsWith("{")).map((line) => JSON.parse(line) as unknown);
}
