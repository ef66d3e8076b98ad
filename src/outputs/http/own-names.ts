import { isIP } from "node:net";

/** Where {@link OwnNames} learn what this machine is called; may change while we run (DHCP). */
export interface MachineNames {
  hostname(): string;
  /** Domains in which the network's own name server looks for bare names: `fritz.box`, `lan`. */
  searchDomains(): readonly string[];
}

/** Host and port of a Host header or of an authority; undefined where it is neither (RFC 9110, 7.2; RFC 3986, 3.2). */
export function parseHost(value: string): { readonly name: string; readonly port: string } | undefined {
  const [, literal, name = literal, port = ""] =
    /^(?:\[([0-9a-f:.]+(?:%25[\w.~-]+)?)\]|([a-z0-9_.-]+))(?::(\d{0,5}))?$/i.exec(value) ?? [];
  if (name === undefined || (literal !== undefined && isIP(literal.replace("%25", "%")) !== 6)) return undefined;
  return { name: name.toLowerCase().replace(/(?<=.)\.$/, ""), port };
}

/**
 * The names under which browsers may ask us. A page of another site can make its own name point to our address (DNS
 * rebinding) and would then read our answers as its own; it cannot do that with an address, or with a name of ours.
 */
export class OwnNames {
  readonly #hosts: readonly string[];
  readonly #machine: MachineNames;

  /** `hosts`: further names; `*.example.org` stands for every name below example.org. */
  constructor(hosts: readonly string[], machine: MachineNames) {
    this.#hosts = hosts.map((host) => host.toLowerCase());
    this.#machine = machine;
  }

  /** Whether `name`, as {@link parseHost} gives it, is one of ours. */
  has(name: string): boolean {
    if (isIP(name.replace("%25", "%")) !== 0 || name === "localhost") return true;
    if (name.endsWith(".local") || name.endsWith(".localhost")) return true;
    return this.#hosts.some((host) => isMeant(host, name)) || this.#isMachine(name);
  }

  #isMachine(name: string): boolean {
    const full = this.#machine.hostname().toLowerCase();
    const [bare = full, ...domain] = full.split(".");
    if (name === full || name === bare) return name !== "";
    if (!name.startsWith(`${bare}.`)) return false;
    const rest = name.slice(bare.length + 1);
    return [domain.join("."), ...this.#machine.searchDomains()].some((own) => own !== "" && own.toLowerCase() === rest);
  }
}

function isMeant(host: string, name: string): boolean {
  return host.startsWith("*.") ? name.endsWith(host.slice(1)) && name.length > host.length - 1 : host === name;
}
