import type { Clock } from "../core/clock.ts";
import { HttpProblem } from "../protocol/http/problem.ts";
import type { Credential } from "./principal.ts";
import { isSameText, sign } from "./random-words.ts";
import type { SecretKey } from "./secret-key.ts";
import { clockToleranceSeconds, nowSeconds } from "./time.ts";
import { isCameraId } from "./user-records.ts";
import type { User } from "./users.ts";

/** The query keys of a signed address; `signature` is a secret. */
export const signedUrlKeys = ["expires", "user", "signature"] as const;

/** A signed address lives at most this long. */
export const longestSignedUrlSeconds = 366 * 86_400;

export interface SignedUrlsOptions {
  readonly key: SecretKey;
  readonly clock: Clock;
  readonly findUser: (name: string) => User | undefined;
}

/** What a signed address lets in. */
export interface SignedAccess {
  readonly user: User;
  /** The one camera that the path is about. */
  readonly cameraId: string;
  /** What it was signed with, until the address ends: it is for whoever lets in to see that this still stands. */
  readonly credential: Credential;
}

/** What an address is signed with: a login (absent), a token by its id, or a device password by its generation. */
export type Signer = Pick<Credential, "id"> & { readonly kind: "token" | "device-password" };

/**
 * Addresses that carry their own permission: GET of exactly one path of one camera, in the name of a user, until a time. The
 * keys beside ours in the query are not signed. They end with the user's next change of password. One that was signed by a
 * token, or with a device password, says so behind the signature (`.t` and the token's id, `.d` and the generation).
 */
export class SignedUrls {
  readonly #options: SignedUrlsOptions;

  constructor(options: SignedUrlsOptions) {
    this.#options = options;
  }

  /** The query (without `?`) that opens `path` (without base path) until `expires`, seconds since 1970. */
  sign(path: string, user: User, expires: number, signer?: Signer): string {
    if (cameraOfPath(path) === undefined)
      throw new HttpProblem(422, "only paths of a camera can be signed, such as /cameras/ID/stream");
    const tail = signer ? formatTail(signer) : "";
    const signature = this.#mac(path, user, String(expires), tail) + tail;
    return new URLSearchParams({ expires: String(expires), user: user.name, signature }).toString();
  }

  /** Whether somebody means this query to be a signed one. */
  isSigned(query: URLSearchParams): boolean {
    return query.has("signature");
  }

  /** What the address lets in; undefined where it was changed, has expired, or is not for this method or path. */
  verify(method: string, path: string, query: URLSearchParams): SignedAccess | undefined {
    const [expires = [], names = [], signatures = []] = signedUrlKeys.map((key) => query.getAll(key));
    const cameraId = cameraOfPath(path);
    if (expires.length !== 1 || names.length !== 1 || signatures.length !== 1) return undefined;
    if ((method !== "GET" && method !== "HEAD") || cameraId === undefined) return undefined;
    const [until = "", signature = ""] = [expires[0], signatures[0]];
    const user = this.#options.findUser(names[0] ?? "");
    const tail = signature.slice(macLength);
    const expected = this.#mac(path, user ?? nobody, until, tail) + tail;
    if (!isSameText(expected, signature) || !user || !/^\d{1,12}$/.test(until)) return undefined;
    const isOver = nowSeconds(this.#options.clock) > Number(until) + clockToleranceSeconds;
    const { generation } = user;
    const signer = parseTail(tail) ?? { kind: "login-password" as const, id: generation };
    return isOver ? undefined : { user, cameraId, credential: { ...signer, generation, expires: Number(until) } };
  }

  #mac(path: string, { name, generation }: Pick<User, "name" | "generation">, expires: string, tail: string): string {
    const lines = ["GET", path, expires, name, generation, ...(tail === "" ? [] : [tail])];
    return sign(this.#options.key.derive("signed-url"), lines.join("\n"));
  }
}

/** Characters of an HMAC-SHA-256 in base64url. */
const macLength = 43;

function formatTail({ kind, id }: Signer): string {
  return `.${kind === "token" ? "t" : "d"}${id}`;
}

/** Of a text that we signed; undefined: a login. */
function parseTail(tail: string): Signer | undefined {
  if (tail === "") return undefined;
  return { kind: tail.startsWith(".t") ? "token" : "device-password", id: tail.slice(2) };
}

const nobody = { name: "", generation: "" };

/** The camera in `/cameras/ID/…`; undefined for every other path, also for those that a server might read in two ways. */
export function cameraOfPath(path: string): string | undefined {
  const match = /^\/cameras\/([^/]+)((?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+)$/.exec(path);
  return match && path.length <= 512 && isCameraId(match[1]) ? match[1] : undefined;
}
