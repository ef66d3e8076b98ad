import { ProtocolError } from "../core/errors.ts";
import type { Permission, Role } from "./principal.ts";
import { parseScryptHash } from "./scrypt.ts";

/** An account as the file keeps it. */
export interface UserRecord {
  readonly name: string;
  readonly role: Role;
  /** Ids of the cameras that are theirs; absent: all. */
  readonly cameras?: readonly string[];
  /** PHC string of the login password. */
  readonly verifier: string;
  /** Random; another one after each change of the password, which ends sessions and signed addresses. */
  readonly generation: string;
  /** The password is still the one that Sightline made at its first start. */
  readonly isInitial?: true;
}

/** The device password of a user, also of one from the configuration. */
export interface DeviceRecord {
  readonly user: string;
  /** See src/access/sealed-text.ts. */
  readonly secret: string;
}

/** A bearer token: what is known of it, but not itself. */
export interface TokenRecord {
  readonly id: string;
  readonly name: string;
  readonly user: string;
  readonly permissions: readonly Permission[];
  readonly cameras?: readonly string[];
  /** Seconds since 1970; absent: never. */
  readonly expires?: number;
  readonly created: number;
  /** Day of its last use, `2026-01-31`. */
  readonly lastUsed?: string;
  /** SHA-256 of the token, hexadecimal. */
  readonly hash: string;
}

/** A login link that was not used yet. */
export interface LoginLinkRecord {
  readonly user: string;
  /** Seconds since 1970. */
  readonly expires: number;
  /** SHA-256 of the token in the link, hexadecimal. */
  readonly hash: string;
}

/** All of `users.json`. */
export interface UsersDocument {
  readonly users: readonly UserRecord[];
  readonly devices: readonly DeviceRecord[];
  readonly tokens: readonly TokenRecord[];
  readonly loginLinks: readonly LoginLinkRecord[];
}

export const noUsers: UsersDocument = { users: [], devices: [], tokens: [], loginLinks: [] };

/** What a name of a new account must be; ":" would end it in Basic credentials (RFC 7617 section 2). */
export const nameRule = "1 to 64 letters, digits and ._@+- (also spaces within), starting with a letter or digit";

/** Why nobody can have both, see `isAdmin` in principal.ts; undefined where that is not so. */
export function findAdminFault({ role, cameras }: Pick<UserRecord, "role" | "cameras">): string | undefined {
  const isNarrow = role === "admin" && cameras !== undefined;
  return isNarrow ? "an admin has all cameras: take another role, or leave the cameras out" : undefined;
}

const version = 1;
/** More of anything than this is not ours. */
const maxEntries = 10_000;
const permissions: readonly Permission[] = ["view", "snapshot", "control", "admin"];
const roles: readonly Role[] = ["viewer", "control", "admin"];

export function isUserName(name: string): boolean {
  return (
    /^[\p{L}\p{N}](?:[\p{L}\p{M}\p{N} ._@+-]{0,62}[\p{L}\p{M}\p{N}._@+-])?$/u.test(name) &&
    name === name.normalize("NFC")
  );
}

export function isRole(value: unknown): value is Role {
  return roles.some((role) => role === value);
}

export function isPermission(value: unknown): value is Permission {
  return permissions.some((permission) => permission === value);
}

/** An id as cameras have it. */
export function isCameraId(value: unknown): value is string {
  return typeof value === "string" && /^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$/.test(value);
}

/** The text of `users.json`. */
export function formatUsersDocument(document: UsersDocument): string {
  return `${JSON.stringify({ version, ...document }, undefined, 2)}\n`;
}

/**
 * Reads the text of `users.json`, perhaps edited by hand. Throws ProtocolError that names the entry and what is wrong with
 * it; one wrong entry spoils the file, so that a slip of the pen takes no right away and gives none.
 */
export function parseUsersDocument(text: string): UsersDocument {
  const members = asObject(parseJson(text), "the file");
  if (members["version"] !== version) throw new ProtocolError(`version must be ${version}`);
  const users = entriesOf(members, "users").map(({ value, key }) => readUser(value, key));
  const devices = entriesOf(members, "devices").map(({ value, key }) => readDevice(value, key));
  const tokens = entriesOf(members, "tokens").map(({ value, key }) => readToken(value, key));
  const loginLinks = entriesOf(members, "loginLinks").map(({ value, key }) => readLoginLink(value, key));
  const names = new Set(users.map(({ name }) => name));
  if (names.size < users.length) throw new ProtocolError("users: two of them have the same name");
  return { users, devices, tokens, loginLinks };
}

type Members = Readonly<Record<string, unknown>>;

function readUser(value: unknown, key: string): UserRecord {
  const members = asObject(value, key);
  const { name, role, verifier, generation, isInitial } = members;
  if (typeof name !== "string" || !isUserName(name)) throw wrong(`${key}.name`, nameRule);
  if (!isRole(role)) throw wrong(`${key}.role`, `one of ${roles.join(", ")}`);
  if (typeof verifier !== "string" || !parseScryptHash(verifier)) throw wrong(`${key}.verifier`, "a scrypt string");
  return {
    name,
    role,
    ...readCameras(members, key),
    verifier,
    generation: readWord(generation, `${key}.generation`),
    ...(isInitial === true ? { isInitial } : {}),
  };
}

function readDevice(value: unknown, key: string): DeviceRecord {
  const { user, secret } = asObject(value, key);
  return { user: readText(user, `${key}.user`), secret: readWord(secret, `${key}.secret`) };
}

function readToken(value: unknown, key: string): TokenRecord {
  const members = asObject(value, key);
  const { id, name, user, permissions: granted, expires, created, lastUsed, hash } = members;
  if (!Array.isArray(granted) || !granted.every(isPermission)) {
    throw wrong(`${key}.permissions`, `a list of ${permissions.join(", ")}`);
  }
  if (lastUsed !== undefined && !/^\d{4,6}-\d\d-\d\d$/.test(readText(lastUsed, `${key}.lastUsed`))) {
    throw wrong(`${key}.lastUsed`, "a day, such as 2026-01-31");
  }
  return {
    id: readWord(id, `${key}.id`),
    name: readText(name, `${key}.name`),
    user: readText(user, `${key}.user`),
    permissions: granted,
    ...readCameras(members, key),
    ...(expires === undefined ? {} : { expires: readSeconds(expires, `${key}.expires`) }),
    created: readSeconds(created, `${key}.created`),
    ...(typeof lastUsed === "string" ? { lastUsed } : {}),
    hash: readHash(hash, `${key}.hash`),
  };
}

function readLoginLink(value: unknown, key: string): LoginLinkRecord {
  const { user, expires, hash } = asObject(value, key);
  return {
    user: readText(user, `${key}.user`),
    expires: readSeconds(expires, `${key}.expires`),
    hash: readHash(hash, `${key}.hash`),
  };
}

function readCameras({ cameras }: Members, key: string): { readonly cameras?: readonly string[] } {
  if (cameras === undefined) return {};
  if (!Array.isArray(cameras) || !cameras.every(isCameraId)) throw wrong(`${key}.cameras`, "a list of camera ids");
  return { cameras };
}

function readText(value: unknown, key: string): string {
  // oxlint-disable-next-line no-control-regex
  if (typeof value === "string" && /^[^\u0000-\u001f\u007f]{1,256}$/u.test(value)) return value;
  throw wrong(key, "text of 1 to 256 characters on one line");
}

function readWord(value: unknown, key: string): string {
  if (typeof value === "string" && /^[A-Za-z0-9_.-]{1,512}$/.test(value)) return value;
  throw wrong(key, "as Sightline wrote it");
}

function readHash(value: unknown, key: string): string {
  if (typeof value === "string" && /^[0-9a-f]{64}$/.test(value)) return value;
  throw wrong(key, "64 hexadecimal digits");
}

function readSeconds(value: unknown, key: string): number {
  if (typeof value === "number" && Number.isSafeInteger(value) && value >= 0) return value;
  throw wrong(key, "whole seconds since 1970");
}

function entriesOf(members: Members, name: string): { readonly value: unknown; readonly key: string }[] {
  const entries = members[name] ?? [];
  if (!Array.isArray(entries) || entries.length > maxEntries) throw wrong(name, `a list of at most ${maxEntries}`);
  return entries.map((value: unknown, index) => ({ value, key: `${name}.${index}` }));
}

function asObject(value: unknown, key: string): Members {
  if (typeof value !== "object" || value === null || Array.isArray(value)) throw wrong(key, "an object");
  return value as Members;
}

/** The parser's own words quote the file, which holds secrets. */
function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw new ProtocolError("it is not JSON");
  }
}

function wrong(key: string, allowed: string): ProtocolError {
  return new ProtocolError(`${key} must be ${allowed}`);
}
