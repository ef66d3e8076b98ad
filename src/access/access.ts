import type { Clock } from "../core/clock.ts";
import { StorageError } from "../core/errors.ts";
import type { Service } from "../core/lifecycle.ts";
import type { Log } from "../core/log.ts";
import type { StateStore } from "../store/state-file.ts";
import { AccessLog } from "./access-log.ts";
import { checkConfiguredUsers, type ConfiguredUser } from "./configured-users.ts";
import { DigestNonces } from "./digest-nonces.ts";
import { FailureLimits } from "./failures.ts";
import { Gatekeeper } from "./gatekeeper.ts";
import { InitialPassword } from "./initial-password.ts";
import { LoginLinks } from "./login-links.ts";
import { PasswordCheck } from "./password-check.ts";
import { isAdmin } from "./principal.ts";
import { makePassword } from "./random-words.ts";
import { PasswordHasher, type ScryptCost } from "./scrypt.ts";
import { SecretKey } from "./secret-key.ts";
import { SessionCookie } from "./session-cookie.ts";
import { Sessions } from "./sessions.ts";
import { SignedUrls } from "./signed-urls.ts";
import { Standing } from "./standing.ts";
import { Tokens } from "./tokens.ts";
import { UserFile } from "./user-file.ts";
import { Users } from "./users.ts";

export interface AccessOptions {
  /** `auth` of the configuration. */
  readonly auth: { readonly mode: "password" | "none"; readonly users: readonly ConfiguredUser[] };
  /** `dataDir`. */
  readonly directory: string;
  /** `server.basePath`. */
  readonly basePath: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Started before us. */
  readonly store: StateStore;
  /** What hashing a new password costs. */
  readonly cost?: ScryptCost;
}

/** The account of the first start. */
const firstAdmin = "admin";

/**
 * Everything that knows who somebody is, put together: one set of users for every door. What cannot be read or written costs
 * an error in the log and, at worst, a new login; it never keeps the cameras from running.
 */
export class Access implements Service {
  readonly users: Users;
  readonly tokens: Tokens;
  readonly signedUrls: SignedUrls;
  readonly sessions: Sessions;
  readonly cookie: SessionCookie;
  readonly passwords: PasswordCheck;
  readonly loginLinks: LoginLinks;
  readonly gatekeeper: Gatekeeper;
  readonly log: AccessLog;
  readonly #options: AccessOptions;
  readonly #key: SecretKey;
  readonly #file: UserFile;
  readonly #initialPassword: InitialPassword;

  constructor(options: AccessOptions) {
    const { auth, directory, basePath, clock, log, store, cost } = options;
    this.#options = options;
    const key = new SecretKey(directory, clock);
    const file = new UserFile({ directory, clock, log, canDoWithout: true });
    const hasher = new PasswordHasher(cost);
    const failures = new FailureLimits(clock);
    const forgetInitialPassword = (): Promise<void> => this.#forgetInitialPassword();
    this.#key = key;
    this.#file = file;
    this.log = new AccessLog(log, clock);
    this.#initialPassword = new InitialPassword(directory);
    this.users = new Users({ file, key, hasher, configured: auth.users, forgetInitialPassword });
    const findUser = this.users.find.bind(this.users);
    this.tokens = new Tokens({ file, clock, log });
    this.signedUrls = new SignedUrls({ key, clock, findUser });
    this.sessions = new Sessions({ key, clock, store, findUser });
    this.cookie = new SessionCookie(key, basePath);
    this.passwords = new PasswordCheck({ users: this.users, failures, clock });
    this.loginLinks = new LoginLinks({ file, clock, log });
    const nonces = new DigestNonces(clock);
    this.gatekeeper = new Gatekeeper({ ...this.#parts(), mode: auth.mode, basePath, nonces });
  }

  /** `auth.mode`. */
  get mode(): "password" | "none" {
    return this.#options.auth.mode;
  }

  /**
   * Reads key and accounts, and makes an admin where there is none. Throws ConfigError where the configuration has accounts with
   * names or passwords that cannot be.
   */
  async start(): Promise<void> {
    await checkConfiguredUsers(this.#options.auth.users);
    await this.#key.loadOrDoWithout(this.#options.log);
    await this.#file.start();
    this.#file.onChange((change) => this.log.fileChanged(change));
    if (this.mode === "none") return;
    void this.users.prepare();
    if (this.#file.isBroken || this.users.list().some(isAdmin)) return;
    try {
      await this.#makeFirstAdmin();
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.#options.log.error({ err: error }, "there is no admin, and none can be made: nobody can change accounts");
    }
  }

  async stop(): Promise<void> {
    await this.#file.stop();
  }

  /**
   * The token of a login link for the admin of the first start, as long as they have chosen no password of their own; to be
   * shown once, and not kept in a log.
   */
  async invite(): Promise<string | undefined> {
    const user = this.mode === "none" ? undefined : this.users.list().find(({ isInitial }) => isInitial);
    return user && (await this.loginLinks.create(user.name));
  }

  #parts() {
    const { users, passwords, tokens, signedUrls, sessions, cookie } = this;
    const standing = new Standing({ file: this.#file, users, tokens, sessions, clock: this.#options.clock });
    return { users, passwords, tokens, signedUrls, sessions, cookie, standing, log: this.log };
  }

  async #makeFirstAdmin(): Promise<void> {
    const { log } = this.#options;
    const password = makePassword();
    const { path } = this.#initialPassword;
    const isFirst = this.users.list().length === 0;
    const name = this.#freeName();
    try {
      await this.#initialPassword.write(password);
      const why = isFirst ? "there are no accounts yet" : "none of the accounts is an admin, so there is a new one";
      log.info({ file: path }, `${why}: the password of ${name} is in ${path}`);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      log.warn({ file: path }, `${error.message}. The login link is the only way in`);
    }
    await this.users.add({ name, password, role: "admin", isInitial: true });
  }

  /** `admin`, where nobody else is called that. */
  #freeName(): string {
    const names = [firstAdmin, ...Array.from({ length: 100 }, (_, index) => `${firstAdmin}-${index + 2}`)];
    return names.find((name) => !this.users.find(name)) ?? `${firstAdmin}-${makePassword()}`;
  }

  async #forgetInitialPassword(): Promise<void> {
    try {
      await this.#initialPassword.remove();
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      this.#options.log.warn({}, `${error.message}. It is not valid any more`);
    }
  }
}

/** What a command works on. */
export interface Accounts {
  readonly users: Users;
  readonly loginLinks: LoginLinks;
}

/** The accounts for a command, beside a server that may be running. Throws ConfigError, StorageError. */
export async function openAccounts({
  auth,
  directory,
  clock,
  log,
}: Pick<AccessOptions, "auth" | "directory" | "clock" | "log">): Promise<Accounts> {
  await checkConfiguredUsers(auth.users);
  const key = new SecretKey(directory, clock);
  const file = new UserFile({ directory, clock, log });
  const initialPassword = new InitialPassword(directory);
  const users = new Users({
    file,
    key,
    hasher: new PasswordHasher(),
    configured: auth.users,
    forgetInitialPassword: () => initialPassword.remove(),
  });
  await key.load();
  await file.read();
  return { users, loginLinks: new LoginLinks({ file, clock, log }) };
}
