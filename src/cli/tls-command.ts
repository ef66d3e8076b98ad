import { X509Certificate } from "node:crypto";
import { access } from "node:fs/promises";
import { hostname, networkInterfaces } from "node:os";
import { join, resolve } from "node:path";
import type { Config } from "../config/schema.ts";
import type { Clock } from "../core/clock.ts";
import { StorageError } from "../core/errors.ts";
import { explainFileError } from "../store/file-errors.ts";
import { replaceFile } from "../store/replace-file.ts";

export interface TlsCommandOptions {
  readonly config: Config;
  readonly clock: Clock;
  /** Where the output goes. */
  readonly write: (text: string) => void;
}

/** Apple's systems refuse certificates that are valid for longer than 825 days. */
const VALID_DAYS = 820;
const DAY_MS = 86_400_000;

/**
 * `sightline tls --self-signed`: makes a certificate for this machine's names and addresses, and says how it is used. Throws
 * StorageError where there is one already: whoever trusted it would have to do so again.
 */
export async function runTlsCommand({ config, clock, write }: TlsCommandOptions): Promise<number> {
  const place = {
    cert: resolve(join(config.dataDir, "tls-cert.pem")),
    key: resolve(join(config.dataDir, "tls-key.pem")),
  };
  for (const file of Object.values(place)) await requireAbsent(file);
  const names = ownNames(config.server.hosts);
  const { generate } = await import("selfsigned");
  const made = await generate([{ name: "commonName", value: hostname() }], {
    keyType: "ec",
    curve: "P-256",
    algorithm: "sha256",
    // A day back: other clocks may be slow.
    notBeforeDate: new Date(clock.wallMs() - DAY_MS),
    notAfterDate: new Date(clock.wallMs() + VALID_DAYS * DAY_MS),
    extensions: [
      { name: "basicConstraints", cA: false, critical: true },
      { name: "keyUsage", digitalSignature: true, critical: true },
      { name: "extKeyUsage", serverAuth: true },
      { name: "subjectAltName", altNames: [...names.dns.map(toDnsName), ...names.addresses.map(toAddress)] },
    ],
  });
  await writeFile(place.key, made.private);
  await writeFile(place.cert, made.cert);
  write(describe(place, new X509Certificate(made.cert)));
  return 0;
}

const toDnsName = (value: string) => ({ type: 2 as const, value });
const toAddress = (ip: string) => ({ type: 7 as const, ip });

/** What browsers may call this machine, and its addresses now; temporary and link-local ones are of no use. */
function ownNames(hosts: readonly string[]): {
  readonly dns: readonly string[];
  readonly addresses: readonly string[];
} {
  const full = hostname().toLowerCase();
  const [bare = full] = full.split(".");
  const isAddress = (host: string): boolean => /^[\d.]+$|:/.test(host);
  const found = Object.values(networkInterfaces())
    .flatMap((infos) => infos ?? [])
    .filter(({ internal, address }) => !internal && !/^(fe80|169\.254)/i.test(address))
    .map(({ address }) => address);
  return {
    dns: [...new Set(["localhost", full, bare, `${bare}.local`, ...hosts.filter((host) => !isAddress(host))])],
    addresses: [...new Set(["127.0.0.1", "::1", ...found, ...hosts.filter(isAddress)])],
  };
}

async function requireAbsent(file: string): Promise<void> {
  const isThere = await access(file).then(
    () => true,
    () => false,
  );
  if (isThere) throw new StorageError(`${file} is there already: remove it first if a new one is wanted`);
}

async function writeFile(file: string, text: string): Promise<void> {
  try {
    await replaceFile(file, text);
  } catch (error) {
    throw new StorageError(`${file} cannot be written: ${explainFileError(error)}`, { cause: error });
  }
}

function describe(place: { readonly cert: string; readonly key: string }, certificate: X509Certificate): string {
  return [
    `certificate  ${place.cert}`,
    `key          ${place.key}`,
    `for          ${(certificate.subjectAltName ?? "").replaceAll(/DNS:|IP Address:/g, "")}`,
    `until        ${new Date(certificate.validTo).toISOString().slice(0, 10)}`,
    `SHA-256      ${certificate.fingerprint256}`,
    "",
    "Browsers warn once of a certificate that nobody signed for them; compare the fingerprint before you",
    "accept it. In the configuration:",
    "",
    "server:",
    "  https:",
    `    cert: ${JSON.stringify(place.cert)}`,
    `    key: ${JSON.stringify(place.key)}`,
    "",
  ].join("\n");
}
