import { readFileSync } from "node:fs";
import { hostname } from "node:os";
import type { Clock } from "../../core/clock.ts";
import type { MachineNames } from "./own-names.ts";

const FILE = "/etc/resolv.conf";
/** Asked for strange names only; those who send many of them read no files. */
const KEEP_NS = 10_000_000_000n;

/** What this machine is called and where: of the system, read anew every ten seconds at most. */
export function createMachineNames(clock: Clock): MachineNames {
  let readNs: bigint | undefined;
  let domains: readonly string[] = [];
  return {
    hostname,
    searchDomains() {
      const nowNs = clock.monotonicNs();
      if (readNs === undefined || nowNs - readNs > KEEP_NS) {
        readNs = nowNs;
        domains = parseSearchDomains(readResolverFile());
      }
      return domains;
    },
  };
}

/** The domains of `search` and `domain` in a resolv.conf(5). */
export function parseSearchDomains(text: string): readonly string[] {
  return text.split("\n").flatMap((line) => {
    const [word = "", ...domains] = line.trim().split(/\s+/);
    return word === "search" || word === "domain" ? domains.map((domain) => domain.replace(/\.$/, "")) : [];
  });
}

function readResolverFile(): string {
  try {
    return readFileSync(FILE, "utf8");
  } catch {
    return "";
  }
}
