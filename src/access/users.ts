import { randomBytes } from "node:crypto";
import { HttpProblem } from "../protocol/http/problem.ts";
import { isScryptString, type ConfiguredUser } from "./configured-users.ts";
import { findPasswordFault } from "./password-faults.ts";
import { isAdmin, type Role } from "./principal.ts";
import { hashToken, makePassword, sign } from "./random-words.ts";
import type { PasswordHasher } from "./scrypt.ts";
import type { Asker } from "./turns.ts";
import { openText, sealText } from "./sealed-text.ts";
import type { SecretKey } from "./secret-key.ts";
import type { UserFile } from "./user-file.ts";
import {
  findAdminFault,
  isCameraId,
  isUserName,
  nameRule,
  type UserRecord,
  type UsersDocument,
} from "./user-records.ts";

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

  constructor(options: UsersOptions) {
    this.#options = options;
    this.#configured = new Map((options.configured ?? []).map((user) => [user.name, user]));
  }

  /** Hashes the plain passwords of the configuration, one after the other, so that the first login takes no longer. */
  async prepare(): Promise<void> {
    for (const name of this.#configured.keys()) await this.#verifierOf(name).catch(() => undefined);
  }

  find(name: string): User | undefined {
    return this.#current().get(name);
  }

  list(): readonly User[] {
    return [...this.#current().values()];
  }

  /** Whether it is the login password of this user; takes as long for a name that nobody has. Throws PasswordsBusyError. */
  async isPassword(name: string, password: string, asker?: Asker): Promise<boolean> {
    return this.#options.hasher.verify(password, await this.#verifierOf(name), asker);
  }

  /** Looks whether another process has changed the accounts: before somebody is refused. True: they are others now. */
  lookAgain(): Promise<boolean> {
    return this.#options.file.lookAgain();
  }

  /** The device password; undefined where there is none, or where the key it was sealed with is gone. */
  devicePassword(name: string): string | undefined {
    const sealed = this.#sealedPassword(name);
    return sealed === undefined ? undefined : openText(this.#options.key.derive("device-password"), name, sealed);
  }

  /** Another one for each device password that a user was given; undefined without one. */
  deviceGeneration(name: string): string | undefined {
    const sealed = this.#sealedPassword(name);
    return sealed === undefined ? undefined : hashToken(sealed).slice(0, 24);
  }

  /** Makes an account. Throws HttpProblem 409 (name taken) or 422, StorageError. */
  async add(user: ConfiguredUser & { readonly isInitial?: true }): Promise<void> {
    const { name, password, role, cameras, isInitial } = user;
    if (!isUserName(name)) throw new HttpProblem(422, `the name must be ${nameRule}`);
    checkCameras(cameras);
    checkAdmin(user);
    const verifier = await this.#toVerifier(password, name);
    await this.#update((document) => {
      const taken = [...this.#configured.keys(), ...document.users.map((other) => other.name)].find(
        (other) => other.toLowerCase() === name.toLowerCase(),
      );
      if (taken !== undefined) throw new HttpProblem(409, `there is a user of the name ${taken} already`);
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
      if (isAdmin(record)) this.#keepAnAdmin(document, name);
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
      const changed = applyChange(record, verifier, role, cameras);
      checkAdmin(changed);
      if (isAdmin(record) && !isAdmin(changed)) this.#keepAnAdmin(document, name);
      wasInitial = record.isInitial === true;
      return { ...document, users: document.users.map((other) => (other === record ? changed : other)) };
    });
    if (wasInitial && verifier !== undefined) await this.#options.forgetInitialPassword?.();
  }

  /**
   * The device password, made where there is none. Throws HttpProblem 404, 409 where it cannot be read any more, StorageError.
   */
  async showDevicePassword(name: string): Promise<string> {
    const known = this.devicePassword(name);
    if (known !== undefined) return known;
    if (!this.hasLostDevicePassword(name)) return this.makeDevicePassword(name);
    throw new HttpProblem(
      409,
      "the device password cannot be read any more, since secret.key is another one: renew it",
    );
  }

  /** Whether there is a device password that was sealed with another secret.key than ours: it is of no use any more. */
  hasLostDevicePassword(name: string): boolean {
    return this.#sealedPassword(name) !== undefined && this.devicePassword(name) === undefined;
  }

  /** Takes the device password away. Throws HttpProblem 404 where there is none, StorageError. */
  async removeDevicePassword(name: string): Promise<void> {
    await this.#update((document) => {
      const devices = document.devices.filter(({ user }) => user !== name);
      if (devices.length === document.devices.length) throw new HttpProblem(404, `${name} has no device password`);
      return { ...document, devices };
    });
  }

  /** Makes a new device password, in place of the one before, and answers with it. Throws HttpProblem 404, StorageError. */
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

  #sealedPassword(name: string): string | undefined {
    return this.#options.file.document.devices.find(({ user }) => user === name)?.secret;
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
    if (isScryptString(password)) return password;
    // Hashed once, when first asked for: a failure (too many at once) must not stay.
    const known = this.#plainVerifiers.get(name) ?? this.#options.hasher.hash(password);
    this.#plainVerifiers.set(name, known);
    return known.catch((error: unknown) => {
      this.#plainVerifiers.delete(name);
      throw error;
    });
  }

  async #toVerifier(password: string, name: string): Promise<string> {
    const fault = await findPasswordFault(password, name);
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
    if (others.some(isAdmin)) return;
    throw new HttpProblem(409, `${name} is the only admin: make another one first`);
  }

  #update(change: (document: UsersDocument) => UsersDocument): Promise<void> {
    return this.#options.file.update(change);
  }
}

function fromRecord({ name, role, cameras, generation, isInitial }: UserRecord, devices: ReadonlySet<string>): User {
  const hasDevicePassword = devices.has(name);
  return { name, role, cameras, generation, origin: "file", isInitial: isInitial === true, hasDevicePassword };
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

function checkAdmin(user: Pick<UserRecord, "role" | "cameras">): void {
  const fault = findAdminFault(user);
  if (fault !== undefined) throw new HttpProblem(422, fault);
}

function makeGeneration(): string {
  return randomBytes(12).toString("base64url");
}
