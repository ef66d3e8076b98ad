import { ConfigError, type ConfigProblem } from "../core/errors.ts";
import { findPasswordFault } from "./password-faults.ts";
import type { Role } from "./principal.ts";
import { parseScryptHash } from "./scrypt.ts";
import { findAdminFault, isUserName, nameRule } from "./user-records.ts";

/** An account of the configuration (`auth.users`). */
export interface ConfiguredUser {
  readonly name: string;
  /** Plain, or a scrypt string. */
  readonly password: string;
  readonly role: Role;
  readonly cameras?: readonly string[];
}

const scryptPrefix = "$scrypt$";

/** Whether a password of the configuration is meant to be a verifier, not the password itself. */
export function isScryptString(password: string): boolean {
  return password.startsWith(scryptPrefix);
}

/**
 * The rules for accounts hold in the configuration, too. Throws ConfigError for every name and password that could not be chosen
 * elsewhere, and for what begins like a scrypt string and is none; without a password in it.
 */
export async function checkConfiguredUsers(users: readonly ConfiguredUser[]): Promise<void> {
  const problems: ConfigProblem[] = [];
  for (const [index, user] of users.entries()) {
    const key = `auth.users.${index}`;
    if (!isUserName(user.name))
      problems.push({ key: `${key}.name`, value: user.name, allowed: `but must be ${nameRule}` });
    const adminFault = findAdminFault(user);
    if (adminFault !== undefined)
      problems.push({ key: `${key}.cameras`, value: user.cameras, allowed: `but ${adminFault}` });
    const fault = await findFault(user);
    if (fault !== undefined) problems.push({ key: `${key}.password`, value: undefined, allowed: fault });
  }
  if (problems.length > 0) throw new ConfigError(problems);
}

async function findFault({ name, password }: ConfiguredUser): Promise<string | undefined> {
  if (!isScryptString(password)) return findPasswordFault(password, name);
  if (parseScryptHash(password)) return undefined;
  return "must be a whole scrypt string as `sightline user hash` prints it ($scrypt$ln=…,r=…,p=…$…$…), or plain";
}
