import { ProtocolError } from "../core/errors.ts";
import {
  formatDigestChallenge,
  parseDigestAuthorization,
  verifyDigestResponse,
  type DigestCredentials,
} from "../protocol/http/digest.ts";
import { HttpProblem } from "../protocol/http/problem.ts";
import type { AccessLog } from "./access-log.ts";
import type { AccessRequest } from "./access-request.ts";
import { parseBasicAuthorization } from "./basic-credentials.ts";
import type { DigestNonces } from "./digest-nonces.ts";
import type { PasswordCheck } from "./password-check.ts";
import { everybody, permissionsOf, type Credential, type Permission, type Principal } from "./principal.ts";
import { makePassword } from "./random-words.ts";
import type { SessionCookie } from "./session-cookie.ts";
import type { Session, Sessions } from "./sessions.ts";
import type { SignedUrls } from "./signed-urls.ts";
import type { Standing } from "./standing.ts";
import type { Tokens } from "./tokens.ts";
import type { User, Users } from "./users.ts";

export interface GatekeeperOptions {
  /** `auth.mode`; with `none`, whoever comes is {@link everybody}. */
  readonly mode: "password" | "none";
  /** `server.basePath`: a client behind a proxy says it in Digest's `uri`, whatever the proxy did with it. */
  readonly basePath: string;
  readonly users: Users;
  readonly passwords: PasswordCheck;
  readonly nonces: DigestNonces;
  readonly tokens: Tokens;
  readonly signedUrls: SignedUrls;
  readonly sessions: Sessions;
  readonly cookie: SessionCookie;
  readonly standing: Standing;
  readonly log: AccessLog;
}

const realm = "Sightline";
const basicChallenge = `Basic realm="${realm}", charset="UTF-8"`;
const wrongPassword = "the name or the password is wrong";

/**
 * Says who asks. The first kind of credentials that a request carries counts: bearer token, Basic, Digest, signed address,
 * session cookie. Nothing of what is secret in them gets into an error.
 */
export class Gatekeeper {
  readonly #options: GatekeeperOptions;
  /** Never right: what Digest is compared with where there is no device password. */
  readonly #nobodysPassword = makePassword();

  constructor(options: GatekeeperOptions) {
    this.#options = options;
  }

  /**
   * Who it is; undefined without credentials, and with a session cookie that is not (or no longer) one of ours, which the
   * browser sends without being asked. Throws HttpProblem 401 where credentials are wrong, 400 where Digest's are of another
   * request, 429 after too many wrong ones, and UnavailableError where too many are being checked.
   */
  async identify(request: AccessRequest): Promise<Principal | undefined> {
    if (this.#options.mode === "none") return everybody;
    const { authorization } = request.headers;
    const isSigned = authorization === undefined && this.#options.signedUrls.isSigned(request.query);
    if (authorization === undefined && !isSigned) return this.#bySession(request);
    const known = await (authorization === undefined
      ? this.#bySignedUrl(request)
      : this.#byAuthorization(authorization, request));
    this.#options.log.letIn(known, request.address);
    return known;
  }

  #bySession(request: AccessRequest): Principal | undefined {
    const session = this.sessionOf(request);
    const user = session && this.#options.users.find(session.user);
    if (!user) return undefined;
    const { id, generation, expires } = session;
    const known = principalOf(user, "session", { kind: "session", id, generation, expires });
    return { ...known, csrfToken: this.#options.sessions.csrfToken(session) };
  }

  /**
   * Values of `WWW-Authenticate` for a request with these headers, each a line of its own, with a fresh nonce. Clients that know
   * both take Digest, which goes with device passwords only. So it is not offered where nobody has one; nor to ffmpeg, which
   * would stay with it; nor to whoever was wrong with it: curl then tries Basic, where the password may be that of a login.
   */
  challenges(headers: AccessRequest["headers"], isStale = false): readonly string[] {
    const { authorization = "", "user-agent": client = "" } = headers;
    const goesOnWithBasic = client.startsWith("Lavf/") || /^digest /i.test(authorization);
    const isOfUse = this.#options.users.list().some(({ hasDevicePassword }) => hasDevicePassword);
    const hasDigest = isOfUse && (isStale || !goesOnWithBasic);
    const digest = () => formatDigestChallenge({ realm, nonce: this.#options.nonces.create(), isStale });
    return [...(hasDigest ? [digest()] : []), basicChallenge];
  }

  /** How long somebody who was let in may go on; see {@link Standing.remainingMs}. */
  remainingMs(principal: Principal): number {
    return this.#options.standing.remainingMs(principal);
  }

  /** Calls `listener` when {@link remainingMs} may have become less; the returned function ends that. */
  onChange(listener: () => void): () => void {
    return this.#options.standing.onChange(listener);
  }

  /** The session of the request's cookie; undefined where it has none that is good. */
  sessionOf({ headers, isEncrypted }: Pick<AccessRequest, "headers" | "isEncrypted">): Session | undefined {
    const { cookie, sessions } = this.#options;
    for (const value of cookie.values(headers.cookie, isEncrypted)) {
      const session = sessions.read(value);
      if (session) return session;
    }
    return undefined;
  }

  #byAuthorization(header: string, request: AccessRequest): Principal | Promise<Principal> {
    const scheme = /^[A-Za-z]+(?= )/.exec(header)?.[0].toLowerCase();
    if (scheme === "bearer") return this.#byToken(header, request);
    if (scheme === "basic") return this.#byBasic(header, request);
    if (scheme === "digest") return this.#byDigest(header, request);
    throw this.#refusal(request, "credentials of this kind are not understood");
  }

  async #byToken(header: string, request: AccessRequest): Promise<Principal> {
    const { tokens, users } = this.#options;
    const token = header.slice("bearer ".length).trim();
    const record = tokens.find(token) ?? ((await users.lookAgain()) ? tokens.find(token) : undefined);
    const user = record && users.find(record.user);
    if (!user) {
      this.#options.log.refused(request.address, "a token that is not valid");
      const challenge = `Bearer realm="${realm}", error="invalid_token"`; // RFC 6750 section 3.1
      throw this.#refusal(request, "the token is not valid", [challenge, ...this.challenges(request.headers)]);
    }
    const { id, expires } = record;
    const credential: Credential = { kind: "token", id, ...(expires === undefined ? {} : { expires }) };
    return narrow(principalOf(user, "bearer", credential), record.permissions, record.cameras);
  }

  async #byBasic(header: string, request: AccessRequest): Promise<Principal> {
    const { name, password } = this.#parse(parseBasicAuthorization, header, request);
    const recognised = await this.#options.passwords.recognise(name, password, request.address);
    if (!recognised) throw this.#wrongPassword(request, name);
    const { user, byDevicePassword } = recognised;
    if (byDevicePassword) return this.#deviceOf(user, "basic");
    return principalOf(user, "basic", { kind: "login-password", id: user.generation });
  }

  async #byDigest(header: string, request: AccessRequest): Promise<Principal> {
    const { users, nonces, basePath } = this.#options;
    const { method, target } = request;
    const credentials = this.#parse(parseDigestAuthorization, header, request);
    const { quality, response, nonce } = credentials;
    const find = (): User | undefined => this.#findByDigest(credentials, method);
    const user = find() ?? ((await users.lookAgain()) ? find() : undefined);
    // Not paid for: a device password cannot be guessed, and a login password can be found out only where it is taken.
    if (!user) throw this.#wrongPassword(request, credentials.username, "a wrong Digest answer");
    if (!isSameTarget(credentials.uri, target, basePath)) {
      throw new HttpProblem(400, "the uri of the Digest credentials is not that of the request"); // RFC 7616 section 3.4.6
    }
    if (!nonces.use(nonce, quality ?? { response })) {
      throw this.#refusal(request, "the nonce is too old or was used before", this.challenges(request.headers, true));
    }
    return this.#deviceOf(user, "digest");
  }

  #findByDigest(credentials: DigestCredentials, method: string): User | undefined {
    const user = this.#options.users.find(credentials.username);
    const password = user && this.#options.users.devicePassword(user.name);
    const isRight = verifyDigestResponse(credentials, method, password ?? this.#nobodysPassword);
    return isRight && password !== undefined && credentials.realm === realm ? user : undefined;
  }

  /** What a player or recorder may that keeps a user's device password. */
  #deviceOf(user: User, means: "basic" | "digest"): Principal {
    const id = this.#options.users.deviceGeneration(user.name) ?? "";
    const principal = principalOf(user, means, { kind: "device-password", id });
    return { ...narrow(principal, ["view", "snapshot", "control"], undefined), byDevicePassword: true };
  }

  #bySignedUrl(request: AccessRequest): Principal {
    const { method, path, query } = request;
    const signed = this.#options.signedUrls.verify(method, path, query);
    const principal =
      signed &&
      narrow(principalOf(signed.user, "signed-url", signed.credential), ["view", "snapshot"], [signed.cameraId]);
    // What it was signed with may have ended since.
    if (!principal || this.remainingMs(principal) === 0) {
      this.#options.log.refused(request.address, "a signed address that is not valid, or not any more,");
      throw this.#refusal(request, "the signed address is not valid, or not any more");
    }
    return principal;
  }

  #parse<T>(parse: (header: string) => T, header: string, request: AccessRequest): T {
    try {
      return parse(header);
    } catch (error) {
      if (error instanceof ProtocolError) throw this.#refusal(request, error.message);
      throw error;
    }
  }

  #wrongPassword(request: AccessRequest, name: string, what = "a wrong password"): HttpProblem {
    this.#options.log.refused(request.address, what, this.#options.users.find(name)?.name);
    return this.#refusal(request, wrongPassword);
  }

  #refusal({ headers }: AccessRequest, detail: string, challenges = this.challenges(headers)): HttpProblem {
    return new HttpProblem(401, detail, { headers: { "WWW-Authenticate": [...challenges] } });
  }
}

/** A user as whoever came in their name. */
export function principalOf(
  { name, role, cameras }: User,
  means: Principal["means"],
  credential?: Credential,
): Principal {
  const permissions = permissionsOf(role);
  return keepAdminWhole({ name, permissions, cameras, means, ...(credential ? { credential } : {}) });
}

/** The same with no more than these permissions and cameras. */
function narrow(
  principal: Principal,
  granted: readonly Permission[],
  cameras: readonly string[] | undefined,
): Principal {
  const permissions = new Set(granted.filter((permission) => principal.permissions.has(permission)));
  const both = principal.cameras && cameras?.filter((id) => principal.cameras?.includes(id));
  return keepAdminWhole({ ...principal, permissions, cameras: both ?? cameras ?? principal.cameras });
}

/** Of those who have some cameras only, none administrates: see `isAdmin` in principal.ts. */
function keepAdminWhole(principal: Principal): Principal {
  if (principal.cameras === undefined) return principal;
  return { ...principal, permissions: new Set([...principal.permissions].filter((name) => name !== "admin")) };
}

/** Whether Digest's `uri`, perhaps a whole URL and with the path that a proxy took away, is the request's target. */
function isSameTarget(uri: string, target: string, basePath: string): boolean {
  const base = basePath.replace(/\/+$/, "");
  const withoutBase = (text: string): string => {
    const path = text.replace(/^https?:\/\/[^/]*/i, "") || "/";
    return base !== "" && path.startsWith(`${base}/`) ? path.slice(base.length) : path;
  };
  return withoutBase(uri) === withoutBase(target);
}
