import { isIPv6 } from "node:net";

interface RecordHead {
  readonly name: string;
  readonly ttl: number;
  /** The cache-flush bit (RFC 6762 §10.2): the name and type are ours alone. Absent on shared records. */
  readonly flush?: true;
}

/** The records that a service needs (RFC 1035, 2782, 3596, 4034), as the codec of multicast-dns writes them. */
export type DnsRecord = RecordHead &
  (
    | { readonly type: "PTR" | "A" | "AAAA"; readonly data: string }
    | { readonly type: "SRV"; readonly data: SrvData }
    | { readonly type: "TXT"; readonly data: readonly Buffer[] }
    | { readonly type: "NSEC"; readonly data: { readonly nextDomain: string; readonly rrtypes: readonly string[] } }
  );

export interface SrvData {
  readonly priority: number;
  readonly weight: number;
  readonly port: number;
  readonly target: string;
}

export interface AnnouncedService {
  /** `_http._tcp`, say. */
  readonly type: string;
  readonly port: number;
  readonly txt: Readonly<Record<string, string>>;
}

/** What is said on one network interface. */
export interface Announcement {
  /** One label, see names.ts. */
  readonly instance: string;
  /** `….local`. */
  readonly host: string;
  readonly services: readonly AnnouncedService[];
  readonly addresses: readonly string[];
}

/** RFC 6762 §10: 120 s for what names a host, 75 minutes for the rest. */
const hostTtl = 120;
const otherTtl = 4_500;
const maxTxtBytes = 255;
/** Through this name, browsers find out which types there are (RFC 6763 §9). It is everybody's. */
export const typeEnumeration = "_services._dns-sd._udp.local";

/** All records of an announcement, NSEC included: what a name does *not* have (RFC 6762 §6.1). */
export function createRecords({ instance, host, services, addresses }: Announcement): readonly DnsRecord[] {
  return [
    ...services.flatMap((service) => createServiceRecords(service, `${instance}.${service.type}.local`, host)),
    ...addresses.map((data): DnsRecord => {
      return { name: host, type: isIPv6(data) ? "AAAA" : "A", ttl: hostTtl, flush: true, data };
    }),
    createNsec(host, [...new Set(addresses.map((address) => (isIPv6(address) ? "AAAA" : "A")))]),
  ];
}

function createServiceRecords({ type, port, txt }: AnnouncedService, name: string, host: string): DnsRecord[] {
  const srv = { priority: 0, weight: 0, port, target: host };
  const pairs = Object.entries(txt).map(([key, value]) => Buffer.from(`${key}=${value}`).subarray(0, maxTxtBytes));
  return [
    { name: typeEnumeration, type: "PTR", ttl: otherTtl, data: `${type}.local` },
    { name: `${type}.local`, type: "PTR", ttl: otherTtl, data: name },
    { name, type: "SRV", ttl: hostTtl, flush: true, data: srv },
    { name, type: "TXT", ttl: otherTtl, flush: true, data: pairs },
    createNsec(name, ["TXT", "SRV"]),
  ];
}

function createNsec(name: string, rrtypes: readonly string[]): DnsRecord {
  return { name, type: "NSEC", ttl: hostTtl, flush: true, data: { nextDomain: name, rrtypes } };
}
