import type { Clock } from "../core/clock.ts";
import { HttpProblem } from "../protocol/http/problem.ts";
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
}

/**
 * Addresses that carry their own permission: GET of exactly one path of one camera, in the name of a user, until a time. The
 * keys beside ours in the query are not signed. They end with the user's next change of password.
 */
export class SignedUrls {
  readonly #options: SignedUrlsOptions;

  constructor(options: SignedUrlsOptions) {
    this.#options = options;
  }

  /** The query (without `?`) that opens `path` (without base path) until `expires`, seconds since 1970. */
  sign(path: string, user: User, expires: number): string {
    if (cameraOfPath(path) === undefined)
      throw new HttpProblem(422, "only paths of a camera can be signed, such as /cameras/ID/stream");
    const signature = this.#signature(path, user, String(expires));
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
    const expected = this.#signature(path, user ?? nobody, until);
    if (!isSameText(expected, signature) || !user || !/^\d{1,12}$/.test(until)) return undefined;
    const isOver = nowSeconds(this.#options.clock) > Number(until) + clockToleranceSeconds;
    return isOver ? undefined : { user, cameraId };
  }

  #signature(path: string, { name, generation }: Pick<User, "name" | "generation">, expires: string): string {
    return sign(this.#options.key.derive("signed-url"), ["GET", path, expires, name, generation].join("\n"));
  }
}

const nobody = { name: "", generation: "" };

/** The camera in `/cameras/ID/…`; undefined for every other path, also for those that a server might read in two ways. */
export function cameraOfPath(path: string): string | undefined {
  const match = /^\/cameras\/([^/]+)((?:\/[A-Za-z0-9_~-][A-Za-z0-9._~-]*)+)$/.exec(path);
  return match && path.length <= 512 && isCameraId(match[1]) ? match[1] : undefined;
}
