import { join, resolve } from "node:path";
import { isAdmin } from "../access/principal.ts";
import { UserFile } from "../access/user-file.ts";
import type { UserRecord } from "../access/user-records.ts";
import type { InheritedSockets } from "../config/inherited-sockets.ts";
import type { Config } from "../config/schema.ts";
import type { Clock } from "../core/clock.ts";
import { StorageError } from "../core/errors.ts";
import { silentLog } from "../core/log.ts";
import { readCertificate, type Certificate } from "../outputs/http/certificate.ts";

/** Lines of `sightline check`, and what it warns of. */
export interface Findings {
  readonly lines: readonly string[];
  readonly warnings: readonly string[];
}

/** Where would be listened, by which scheme. Throws ConfigError where the certificate is of no use. */
export async function checkListeners(
  { server: { host, port, socket, https } }: Config,
  inherited: InheritedSockets,
  clock: Clock,
): Promise<Findings> {
  const own = socket === undefined ? formatAddress("http", host, port) : `unix:${socket}`;
  const lines = [`http           ${inherited.http === undefined ? own : formatDescriptor(inherited.http)}`];
  const { cert, key } = https;
  if (cert === undefined || key === undefined) return { lines, warnings: [] };
  const address =
    inherited.https === undefined ? formatAddress("https", host, https.port) : formatDescriptor(inherited.https);
  const certificate = await readCertificate({ cert, key });
  return {
    lines: [...lines, `https          ${address}`, `certificate    ${cert}  ${describeCertificate(certificate)}`],
    warnings: checkDates(cert, certificate, clock.wallMs()),
  };
}

/** Who could come in. Nothing is written: the first account is the server's to make. */
export async function checkAccounts(
  { auth, dataDir }: Config,
  { clock, cwd }: { readonly clock: Clock; readonly cwd: string },
): Promise<Findings> {
  if (auth.mode === "none") return { lines: ["accounts       none: auth.mode is none"], warnings: [] };
  const file = join(dataDir, "users.json");
  try {
    const { users } = await new UserFile({ directory: resolve(cwd, dataDir), clock, log: silentLog }).read();
    return describeAccounts(auth.users, users, file);
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    const lines = [`accounts       ${auth.users.length} in the configuration; those of ${file} are not known`];
    return { lines, warnings: [error.message] };
  }
}

type Account = Pick<UserRecord, "name" | "role" | "cameras">;

/** One of the configuration wins over one of the same name. */
function describeAccounts(configured: readonly Account[], kept: readonly Account[], file: string): Findings {
  const all = new Map([...kept, ...configured].map((account) => [account.name, account]));
  const admins = [...all.values()].filter(isAdmin).length;
  const where = all.size === 0 ? "none yet" : `${configured.length} in the configuration, ${kept.length} in ${file}`;
  const who = admins === 0 ? "no admin: the next start makes one, and prints a login link" : countAdmins(admins);
  return { lines: [`accounts       ${where}; ${who}`], warnings: [] };
}

function countAdmins(count: number): string {
  return count === 1 ? "1 admin" : `${count} admins`;
}

function describeCertificate({ names, until }: Certificate): string {
  return `for ${names.replaceAll(/DNS:|IP Address:/g, "")}, until ${formatDay(until)}`;
}

function checkDates(file: string, { from, until }: Certificate, nowMs: number): string[] {
  if (until.getTime() < nowMs) return [`the certificate ${file} has expired on ${formatDay(until)}: clients refuse it`];
  if (from.getTime() <= nowMs) return [];
  return [`the certificate ${file} is not valid before ${formatDay(from)}: clients refuse it until then`];
}

function formatDay(date: Date): string {
  return date.toISOString().slice(0, 10);
}

function formatAddress(scheme: string, host: string, port: number): string {
  const shown = host.includes(":") ? `[${host}]` : host;
  return `${scheme}://${shown}${port === 0 ? " on a free port" : `:${port}/`}`;
}

function formatDescriptor(fd: number): string {
  return `on the socket that we were started with (descriptor ${fd})`;
}
