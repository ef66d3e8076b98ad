import { openAccounts, type Accounts } from "../access/access.ts";
import { isAdmin } from "../access/principal.ts";
import { isRole } from "../access/user-records.ts";
import { makePassword } from "../access/random-words.ts";
import { PasswordHasher } from "../access/scrypt.ts";
import type { User, Users } from "../access/users.ts";
import { placeOf } from "../announce/reachable-url.ts";
import type { Config } from "../config/schema.ts";
import type { Clock } from "../core/clock.ts";
import { ProtocolError } from "../core/errors.ts";
import type { Log } from "../core/log.ts";
import { askPassword, type PasswordSource } from "./ask-password.ts";
import { UsageError, type UserCommandLine } from "./command-line.ts";
import { describeAddresses, loginAddresses } from "./login-addresses.ts";

export interface UserCommandOptions extends PasswordSource {
  readonly line: UserCommandLine;
  readonly config: Pick<Config, "auth" | "server" | "dataDir">;
  readonly clock: Clock;
  /** Where the output goes. */
  readonly write: (text: string) => void;
  /** Where remarks go. */
  readonly remark: (text: string) => void;
}

/**
 * `sightline user`: changes the accounts in the data directory, also while a server runs: what is new works at once, what is
 * gone ends within two seconds. Answers with the exit status: 1 where the change is not possible.
 */
export async function runUserCommand(options: UserCommandOptions): Promise<number> {
  const { line, config, clock, remark } = options;
  try {
    if (line.action === "hash") await printHash(options);
    else {
      const log = toRemarks(remark);
      const accounts = await openAccounts({ auth: config.auth, directory: config.dataDir, clock, log });
      await actions[line.action](accounts, options);
    }
    return 0;
  } catch (error) {
    if (!(error instanceof ProtocolError)) throw error;
    remark(`sightline: ${error.message}\n`);
    return 1;
  }
}

type Action = (accounts: Accounts, options: UserCommandOptions) => Promise<void> | void;

const actions: Readonly<Record<Exclude<UserCommandLine["action"], "hash">, Action>> = {
  add: addUser,
  remove: removeUser,
  list: listUsers,
  password: changePassword,
  "device-password": workOnDevicePassword,
  "login-link": makeLoginLink,
};

async function addUser({ users }: Accounts, options: UserCommandOptions): Promise<void> {
  const { name = "", role = "viewer", cameras } = options.line;
  if (!isRole(role)) throw new UsageError("--role must be one of viewer, control, admin");
  if (users.find(name)) throw new ProtocolError(`there is a user of the name ${JSON.stringify(name)} already`);
  const { password, isMade } = await choosePassword(options);
  await users.add({ name, password, role, ...(cameras ? { cameras } : {}) });
  if (isMade) options.write(`${password}\n`);
  options.remark(`Added: ${name}, ${role}${isMade ? "; the password above is not shown again" : ""}.\n`);
  if (!users.list().some(isAdmin)) {
    options.remark("None of the accounts is an admin yet: the next start makes one, or add one with --role admin.\n");
  }
}

async function removeUser({ users }: Accounts, { line: { name = "" }, remark }: UserCommandOptions): Promise<void> {
  await users.remove(name);
  remark(`Removed: ${name}. Sessions, tokens and signed addresses of theirs have ended.\n`);
}

function listUsers({ users }: Accounts, { line, write, remark }: UserCommandOptions): void {
  const rows = users.list().map(describeUser);
  if (line.json) write(`${JSON.stringify(rows, undefined, 2)}\n`);
  else for (const row of rows) write(formatUser(row));
  if (rows.length === 0) remark("There are no accounts: the first start makes one.\n");
}

async function changePassword({ users }: Accounts, options: UserCommandOptions): Promise<void> {
  const { name = "" } = options.line;
  if (!users.find(name)) throw new ProtocolError("there is no user of this name");
  const { password, isMade } = await choosePassword(options);
  await users.change(name, { password });
  if (isMade) options.write(`${password}\n`);
  const shown = isMade ? "; the password above is not shown again" : "";
  options.remark(`Changed: ${name}${shown}. Sessions and signed addresses of theirs have ended.\n`);
}

async function workOnDevicePassword({ users }: Accounts, options: UserCommandOptions): Promise<void> {
  const { line, write, remark } = options;
  const { name = "", change } = line;
  if (!users.find(name)) throw new ProtocolError("there is no user of this name");
  if (change === "remove") {
    await users.removeDevicePassword(name);
    remark(`Removed: the device password of ${name}. What was opened with it ends.\n`);
  } else if (change === "renew") {
    write(`${await users.makeDevicePassword(name)}\n`);
    remark(`Renewed: the device password of ${name}. What was opened with the old one ends.\n`);
  } else write(`${await showDevicePassword(users, name)}\n`);
}

async function showDevicePassword(users: Users, name: string): Promise<string> {
  if (!users.hasLostDevicePassword(name)) return users.showDevicePassword(name);
  throw new ProtocolError(
    `the device password of ${name} cannot be read any more: secret.key is another one than it was sealed with.\n` +
      `Renew it: sightline user device-password ${name} --renew`,
  );
}

async function makeLoginLink({ users, loginLinks }: Accounts, options: UserCommandOptions): Promise<void> {
  const { line, config, write, remark } = options;
  const everybody = users.list();
  const user = line.name === undefined ? findAdmin(everybody) : users.find(line.name);
  if (!user) {
    throw new ProtocolError(
      line.name === undefined ? "there is no admin: add one first" : "there is no user of this name",
    );
  }
  const token = await loginLinks.create(user.name);
  const addresses = loginAddresses(placeOf(config.server), token);
  write(`${addresses[0]}\n`);
  remark(describeAddresses(addresses));
  remark(`Logs ${user.name} in, once, within 15 minutes, where Sightline runs with ${config.dataDir}.\n`);
}

function findAdmin(users: readonly User[]): User | undefined {
  return users.find(({ isInitial }) => isInitial) ?? users.find(isAdmin);
}

async function printHash(options: UserCommandOptions): Promise<void> {
  const password = await askPassword("Password", options);
  if (password === undefined) throw new UsageError("user hash needs a password, on the terminal or standard input");
  options.write(`${await new PasswordHasher().hash(password)}\n`);
}

async function choosePassword(
  options: UserCommandOptions,
): Promise<{ readonly password: string; readonly isMade: boolean }> {
  const given = await askPassword("Password (empty: one is made)", options);
  return { password: given ?? makePassword(), isMade: given === undefined };
}

function describeUser({ name, role, cameras, origin, hasDevicePassword, isInitial }: User) {
  return { name, role, cameras: cameras ?? null, origin, hasDevicePassword, isInitial };
}

function formatUser({
  name,
  role,
  cameras,
  origin,
  hasDevicePassword,
  isInitial,
}: ReturnType<typeof describeUser>): string {
  const words = [
    name.padEnd(20),
    role.padEnd(8),
    cameras === null ? "all cameras" : cameras.join(",") || "no cameras",
    ...(origin === "config" ? ["from the configuration"] : []),
    ...(hasDevicePassword ? ["device password"] : []),
    ...(isInitial ? ["password of the first start"] : []),
  ];
  return `${words.join("  ")}\n`;
}

/** What the log would say of files goes to who runs the command. */
function toRemarks(remark: (text: string) => void): Log {
  const say = (_fields: object, message: string): void => remark(`${message}\n`);
  const log: Log = { debug: () => {}, info: () => {}, warn: say, error: say, child: () => log };
  return log;
}
