import { ProtocolError } from "../core/errors.ts";
import { formatDigestChallenge, parseDigestAuthorization, verifyDigestResponse } from "../protocol/http/digest.ts";
import { HttpProblem } from "../protocol/http/problem.ts";
import type { AccessRequest } from "./access-request.ts";
import { parseBasicAuthorization } from "./basic-credentials.ts";
import type { DigestNonces } from "./digest-nonces.ts";
import type { FailureLimits } from "./failures.ts";
import { refuseWhileWaiting, type PasswordCheck } from "./password-check.ts";
import { everybody, permissionsOf, type Permission, type Principal } from "./principal.ts";
import { makePassword } from "./random-words.ts";
import type { SessionCookie } from "./session-cookie.ts";
import type { Session, Sessions } from "./sessions.ts";
import type { SignedUrls } from "./signed-urls.ts";
import type { Tokens } from "./tokens.ts";
import type { User, Users } from "./users.ts";

export interface GatekeeperOptions {
  /** `auth.mode`; with `none`, whoever comes is {@link everybody}. */
  readonly mode: "password" | "none";
  /** `server.basePath`: a client behind a proxy says it in Digest's `uri`, whatever the proxy did with it. */
  readonly basePath: string;
  readonly users: Users;
  readonly passwords: PasswordCheck;
  readonly failures: FailureLimits;
  readonly nonces: DigestNonces;
  readonly tokens: Tokens;
  readonly signedUrls: SignedUrls;
  readonly sessions: Sessions;
  readonly cookie: SessionCookie;
}

const realm = "Sightline";
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
    if (authorization !== undefined) return this.#byAuthorization(authorization, request);
    if (this.#options.signedUrls.isSigned(request.query)) return this.#bySignedUrl(request);
    const session = this.sessionOf(request);
    const user = session && this.#options.users.find(session.user);
    return user && { ...principalOf(user, "session"), csrfToken: this.#options.sessions.csrfToken(session) };
  }

  /**
   * Values of `WWW-Authenticate`, each a line of its own, with a fresh nonce. Digest goes with device passwords only and
   * comes before Basic; where nobody has one it is not offered, for clients that know both take it.
   */
  challenges(isStale = false): readonly string[] {
    const hasDigest = this.#options.users.list().some(({ hasDevicePassword }) => hasDevicePassword);
    const digest = () => formatDigestChallenge({ realm, nonce: this.#options.nonces.create(), isStale });
    return [...(hasDigest ? [digest()] : []), `Basic realm="${realm}", charset="UTF-8"`];
  }

  /**
   * Calls `listener` with the name of each user who is gone, has another password or may do less than before, or one of whose
   * tokens was revoked: what they watch is to be ended. The returned function ends that.
   */
  onRevoked(listener: (name: string) => void): () => void {
    const { users, tokens } = this.#options;
    const ends = [users.onRevoked(listener), tokens.onRevoked(listener)];
    return () => ends.forEach((end) => end());
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
    if (scheme === "bearer") return this.#byToken(header);
    if (scheme === "basic") return this.#byBasic(header, request);
    if (scheme === "digest") return this.#byDigest(header, request);
    throw this.#refusal("credentials of this kind are not understood");
  }

  #byToken(header: string): Principal {
    const record = this.#options.tokens.find(header.slice("bearer ".length).trim());
    const user = record && this.#options.users.find(record.user);
    if (!user) {
      const challenge = `Bearer realm="${realm}", error="invalid_token"`; // RFC 6750 section 3.1
      throw this.#refusal("the token is not valid", [challenge, ...this.challenges()]);
    }
    return narrow(principalOf(user, "bearer"), record.permissions, record.cameras);
  }

  async #byBasic(header: string, { address }: AccessRequest): Promise<Principal> {
    const { name, password } = this.#parse(parseBasicAuthorization, header);
    const recognised = await this.#options.passwords.recognise(name, password, address);
    if (!recognised) throw this.#refusal(wrongPassword);
    const { user, byDevicePassword } = recognised;
    return byDevicePassword ? deviceOf(user, "basic") : principalOf(user, "basic");
  }

  #byDigest(header: string, { method, target, address }: AccessRequest): Principal {
    const { users, nonces, failures, basePath } = this.#options;
    const credentials = this.#parse(parseDigestAuthorization, header);
    const { username, quality, response, nonce } = credentials;
    const user = users.find(username);
    const password = user && users.devicePassword(username);
    const isRight = verifyDigestResponse(credentials, method, password ?? this.#nobodysPassword);
    if (!isRight || !user || password === undefined || credentials.realm !== realm) {
      // Paid only now: device passwords cannot be guessed, and nobody's failures are to stop a recorder.
      refuseWhileWaiting(failures, address, username);
      throw this.#refusal(wrongPassword);
    }
    if (!isSameTarget(credentials.uri, target, basePath)) {
      throw new HttpProblem(400, "the uri of the Digest credentials is not that of the request"); // RFC 7616 section 3.4.6
    }
    if (!nonces.use(nonce, quality ?? { response })) {
      throw this.#refusal("the nonce is too old or was used before", this.challenges(true));
    }
    return deviceOf(user, "digest");
  }

  #bySignedUrl({ method, path, query }: AccessRequest): Principal {
    const signed = this.#options.signedUrls.verify(method, path, query);
    if (!signed) throw this.#refusal("the signed address is not valid, or not any more");
    return narrow(principalOf(signed.user, "signed-url"), ["view", "snapshot"], [signed.cameraId]);
  }

  #parse<T>(parse: (header: string) => T, header: string): T {
    try {
      return parse(header);
    } catch (error) {
      if (error instanceof ProtocolError) throw this.#refusal(error.message);
      throw error;
    }
  }

  #refusal(detail: string, challenges = this.challenges()): HttpProblem {
    return new HttpProblem(401, detail, { headers: { "WWW-Authenticate": [...challenges] } });
  }
}

/** A user as whoever came in their name. */
export function principalOf({ name, role, cameras }: User, means: Principal["means"]): Principal {
  return { name, permissions: permissionsOf(role), cameras, means };
}

/** What a player or recorder may that keeps a user's device password. */
function deviceOf(user: User, means: "basic" | "digest"): Principal {
  const principal = narrow(principalOf(user, means), ["view", "snapshot", "control"], undefined);
  return { ...principal, byDevicePassword: true };
}

/** The same with no more than these permissions and cameras. */
function narrow(
  principal: Principal,
  granted: readonly Permission[],
  cameras: readonly string[] | undefined,
): Principal {
  const permissions = new Set(granted.filter((permission) => principal.permissions.has(permission)));
  const both = principal.cameras && cameras?.filter((id) => principal.cameras?.includes(id));
  return { ...principal, permissions, cameras: both ?? cameras ?? principal.cameras };
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
