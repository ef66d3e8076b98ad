import { randomBytes } from "node:crypto";
import { ConfigError } from "../core/errors.ts";
import { HttpProblem } from "../protocol/http/problem.ts";
import { findPasswordFault } from "./password-faults.ts";
import { permissionsOf, type Role } from "./principal.ts";
import { makePassword, sign } from "./random-words.ts";
import { parseScryptHash, type PasswordHasher } from "./scrypt.ts";
import { openText, sealText } from "./sealed-text.ts";
import type { SecretKey } from "./secret-key.ts";
import type { UserFile } from "./user-file.ts";
import { isCameraId, isUserName, nameRule, type UserRecord, type UsersDocument } from "./user-records.ts";

/** An account of the configuration (`auth.users`). */
export interface ConfiguredUser {
  readonly name: string;
  /** Plain, or a scrypt string. */
  readonly password: string;
  readonly role: Role;
  readonly cameras?: readonly string[];
}

/** An account, wherever it comes from. */
export interface User {
  readonly name: string;
  readonly role: Role;
  /** Ids of the cameras that are theirs; undefined: all. */
  readonly cameras: readonly string[] | undefined;
  /** Another one after each change of the password: what was given out before is not valid any more. */
  readonly generation: string;
  /** Accounts of the configuration are changed there. */
  readonly origin: "config" | "file";
  readonly isInitial: boolean;
  readonly hasDevicePassword: boolean;
}

/** What may be changed of an account. */
export interface UserChange {
  readonly password?: string;
  readonly role?: Role;
  /** null: all cameras. */
  readonly cameras?: readonly string[] | null;
}

export interface UsersOptions {
  readonly file: UserFile;
  readonly key: SecretKey;
  readonly hasher: PasswordHasher;
  readonly configured?: readonly ConfiguredUser[];
  /** Removes what is kept of the password of the first start: it is not valid any more. */
  readonly forgetInitialPassword?: () => Promise<void>;
}

/** The accounts of file and configuration; where both have one of a name, that of the configuration counts. */
export class Users {
  readonly #options: UsersOptions;
  readonly #configured: ReadonlyMap<string, ConfiguredUser>;
  readonly #plainVerifiers = new Map<string, Promise<string>>();
  #seen: UsersDocument | undefined;
  #byName: ReadonlyMap<string, User> = new Map();

  /** Throws ConfigError where a password begins like a scrypt string and is none. */
  constructor(options: UsersOptions) {
    this.#options = options;
    this.#configured = new Map((options.configured ?? []).map((user) => [user.name, user]));
    checkConfiguredUsers(options.configured ?? []);
  }

  /** Hashes the plain passwords of the configuration, one after the other, so that the first login takes no longer. */
  async prepare(): Promise<void> {
    for (const name of this.#configured.keys()) await this.#verifierOf(name).catch(() => undefined);
  }

  find(name: string): User | undefined {
    return this.#current().get(name);
  }

  /** Calls `listener` with the name of each user who is gone, has another password or may do less than before. */
  onRevoked(listener: (name: string) => void): () => void {
    let before: ReadonlyMap<string, User> = this.#options.key.isLoaded ? this.#current() : new Map();
    return this.#options.file.onChange(() => {
      const after = this.#current();
      for (const user of before.values()) if (mayLess(user, after.get(user.name))) listener(user.name);
      before = after;
    });
  }

  list(): readonly User[] {
    return [...this.#current().values()];
  }

  /** Whether it is the login password of this user; takes as long for a name that nobody has. Throws UnavailableError. */
  async isPassword(name: string, password: string): Promise<boolean> {
    return this.#options.hasher.verify(password, await this.#verifierOf(name));
  }

  /** The device password; undefined where there is none, or where the key it was sealed with is gone. */
  devicePassword(name: string): string | undefined {
    const sealed = this.#options.file.document.devices.find(({ user }) => user === name)?.secret;
    return sealed === undefined ? undefined : openText(this.#options.key.derive("device-password"), name, sealed);
  }

  /** Makes an account. Throws HttpProblem 409 (name taken) or 422, StorageError. */
  async add(user: ConfiguredUser & { readonly isInitial?: true }): Promise<void> {
    const { name, password, role, cameras, isInitial } = user;
    if (!isUserName(name)) throw new HttpProblem(422, `the name must be ${nameRule}`);
    checkCameras(cameras);
    const verifier = await this.#toVerifier(password, name);
    await this.#update((document) => {
      if (this.#configured.has(name) || document.users.some((other) => other.name === name)) {
        throw new HttpProblem(409, `there is a user of the name ${name} already`);
      }
      const record: UserRecord = {
        name,
        role,
        ...(cameras === undefined ? {} : { cameras }),
        verifier,
        generation: makeGeneration(),
        ...(isInitial ? { isInitial } : {}),
      };
      const { users, ...others } = withoutTraces(document, name);
      return { ...others, users: [...users, record] };
    });
  }

  /** Removes an account and all that was given out in its name. Throws HttpProblem 404 or 409, StorageError. */
  async remove(name: string): Promise<void> {
    let wasInitial = false;
    await this.#update((document) => {
      const record = this.#findRecord(document, name);
      if (record.role === "admin") this.#keepAnAdmin(document, name);
      wasInitial = record.isInitial === true;
      const { users, ...others } = withoutTraces(document, name);
      return { ...others, users: users.filter((other) => other.name !== name) };
    });
    if (wasInitial) await this.#options.forgetInitialPassword?.();
  }

  /** Changes an account. A new password ends its sessions and signed addresses. Throws HttpProblem 404, 409, 422, StorageError. */
  async change(name: string, { password, role, cameras }: UserChange): Promise<void> {
    if (cameras !== null) checkCameras(cameras);
    const verifier = password === undefined ? undefined : await this.#toVerifier(password, name);
    let wasInitial = false;
    await this.#update((document) => {
      const record = this.#findRecord(document, name);
      if (record.role === "admin" && role !== undefined && role !== "admin") this.#keepAnAdmin(document, name);
      const changed = applyChange(record, verifier, role, cameras);
      wasInitial = record.isInitial === true;
      return { ...document, users: document.users.map((other) => (other === record ? changed : other)) };
    });
    if (wasInitial && verifier !== undefined) await this.#options.forgetInitialPassword?.();
  }

  /** Makes a new device password and answers with it. Throws HttpProblem 404, StorageError. */
  async makeDevicePassword(name: string): Promise<string> {
    const password = makePassword();
    const secret = sealText(this.#options.key.derive("device-password"), name, password);
    await this.#update((document) => {
      if (!this.#configured.has(name)) this.#findRecord(document, name);
      const others = document.devices.filter(({ user }) => user !== name);
      return { ...document, devices: [...others, { user: name, secret }] };
    });
    return password;
  }

  #current(): ReadonlyMap<string, User> {
    const { document } = this.#options.file;
    if (document !== this.#seen) {
      const devices = new Set(document.devices.map(({ user }) => user));
      const users = [
        ...[...this.#configured.values()].map((user) => this.#fromConfig(user, devices)),
        ...document.users.filter(({ name }) => !this.#configured.has(name)).map((user) => fromRecord(user, devices)),
      ];
      this.#byName = new Map(users.map((user) => [user.name, user]));
      this.#seen = document;
    }
    return this.#byName;
  }

  #fromConfig({ name, role, cameras, password }: ConfiguredUser, devices: ReadonlySet<string>): User {
    const generation = sign(this.#options.key.derive("generation"), `${name}\n${password}`);
    const hasDevicePassword = devices.has(name);
    return { name, role, cameras, generation, origin: "config", isInitial: false, hasDevicePassword };
  }

  async #verifierOf(name: string): Promise<string | undefined> {
    const password = this.#configured.get(name)?.password;
    if (password === undefined) return this.#options.file.document.users.find((user) => user.name === name)?.verifier;
    if (password.startsWith(scryptPrefix)) return password;
    // Hashed once, when first asked for: a failure (too many at once) must not stay.
    const known = this.#plainVerifiers.get(name) ?? this.#options.hasher.hash(password);
    this.#plainVerifiers.set(name, known);
    return known.catch((error: unknown) => {
      this.#plainVerifiers.delete(name);
      throw error;
    });
  }

  async #toVerifier(password: string, name: string): Promise<string> {
    const fault = findPasswordFault(password, name);
    if (fault !== undefined) throw new HttpProblem(422, `the password ${fault}`);
    return this.#options.hasher.hash(password);
  }

  #findRecord(document: UsersDocument, name: string): UserRecord {
    if (this.#configured.has(name)) {
      throw new HttpProblem(409, `${name} is a user of the configuration (auth.users) and is changed there`);
    }
    const record = document.users.find((user) => user.name === name);
    if (!record) throw new HttpProblem(404, "there is no user of this name");
    return record;
  }

  #keepAnAdmin(document: UsersDocument, name: string): void {
    // An account of the configuration stands before one of that name in the file.
    const own = document.users.filter((user) => !this.#configured.has(user.name));
    const others = [...this.#configured.values(), ...own].filter((user) => user.name !== name);
    if (others.some(({ role }) => role === "admin")) return;
    throw new HttpProblem(409, `${name} is the only admin: make another one first`);
  }

  #update(change: (document: UsersDocument) => UsersDocument): Promise<void> {
    return this.#options.file.update(change);
  }
}

const scryptPrefix = "$scrypt$";

/** Throws ConfigError for every password that begins like a scrypt string and is none that can be used. */
export function checkConfiguredUsers(users: readonly ConfiguredUser[]): void {
  const problems = users.flatMap(({ password }, index) =>
    !password.startsWith(scryptPrefix) || parseScryptHash(password)
      ? []
      : [
          {
            key: `auth.users.${index}.password`,
            value: undefined,
            allowed:
              "must be a whole scrypt string as `sightline user hash` prints it ($scrypt$ln=…,r=…,p=…$…$…), or plain",
          },
        ],
  );
  if (problems.length > 0) throw new ConfigError(problems);
}

function fromRecord({ name, role, cameras, generation, isInitial }: UserRecord, devices: ReadonlySet<string>): User {
  const hasDevicePassword = devices.has(name);
  return { name, role, cameras, generation, origin: "file", isInitial: isInitial === true, hasDevicePassword };
}

function mayLess(before: User, after: User | undefined): boolean {
  if (after === undefined || after.generation !== before.generation) return true;
  const lost = [...permissionsOf(before.role)].some((permission) => !permissionsOf(after.role).has(permission));
  const { cameras } = after;
  return lost || (cameras !== undefined && before.cameras?.every((id) => cameras.includes(id)) !== true);
}

function applyChange(
  { isInitial, cameras: camerasBefore, ...record }: UserRecord,
  verifier: string | undefined,
  role: Role = record.role,
  cameras: UserChange["cameras"] = camerasBefore,
): UserRecord {
  const kept = { ...record, role, ...(cameras ? { cameras } : {}) };
  return verifier === undefined
    ? { ...kept, ...(isInitial ? { isInitial } : {}) }
    : { ...kept, verifier, generation: makeGeneration() };
}

/** Without device password, tokens and login links of this user: a later one of the same name must not inherit them. */
function withoutTraces(document: UsersDocument, name: string): UsersDocument {
  const isOfOthers = ({ user }: { readonly user: string }): boolean => user !== name;
  return {
    users: document.users,
    devices: document.devices.filter(isOfOthers),
    tokens: document.tokens.filter(isOfOthers),
    loginLinks: document.loginLinks.filter(isOfOthers),
  };
}

function checkCameras(cameras: readonly string[] | undefined): void {
  if (cameras?.every(isCameraId) === false)
    throw new HttpProblem(422, "cameras must be ids of cameras, such as front-door");
}

function makeGeneration(): string {
  return randomBytes(12).toString("base64url");
}
