import { Access, type AccessOptions } from "../../../src/access/access.ts";
import type { AccessRequest } from "../../../src/access/access-request.ts";
import { formatBasicAuthorization } from "../../../src/access/basic-credentials.ts";
import type { ScryptCost } from "../../../src/access/scrypt.ts";
import { silentLog, type Log } from "../../../src/core/log.ts";
import {
  computeDigestResponse,
  formatDigestAuthorization,
  type DigestCredentials,
} from "../../../src/protocol/http/digest.ts";
import { memoryStore } from "../../../src/store/memory-store.ts";
import { FakeClock } from "../../support/fake-clock.ts";

/** Enough to be accepted, and quick. */
export const cheapCost: ScryptCost = { logCost: 10, blockSize: 1, parallel: 1 };

/** No directory can be there: nothing is read from the disk or written to it. */
export const noDirectory = "/dev/null/none";

/** A clock whose wall time jumps. */
export class JumpingClock extends FakeClock {
  jumpMs = 0;

  override wallMs(): number {
    return super.wallMs() + this.jumpMs;
  }
}

/** Started accounts, in memory; with mode `password` and no configured users there is `admin`. */
export async function startAccess(options: Partial<AccessOptions> = {}) {
  const clock = new JumpingClock();
  const lines: string[] = [];
  const say = (_fields: object, message: string): void => void lines.push(message);
  const log: Log = { ...silentLog, info: say, warn: say, error: say, child: () => log };
  const access = new Access({
    auth: { mode: "password", users: [] },
    directory: noDirectory,
    basePath: "/",
    clock,
    log,
    store: memoryStore(),
    cost: cheapCost,
    ...options,
  });
  await access.start();
  return { access, clock, lines };
}

/** A request to `path`, which may carry a query. */
export function requestFor(path: string, change: Partial<AccessRequest> = {}): AccessRequest {
  const url = new URL(path, "http://camera");
  return {
    method: "GET",
    target: path,
    path: url.pathname,
    query: url.searchParams,
    headers: {},
    address: "192.0.2.1",
    isEncrypted: false,
    ...change,
  };
}

export function basic(name: string, password: string, path = "/"): AccessRequest {
  return requestFor(path, { headers: { authorization: formatBasicAuthorization({ name, password }) } });
}

export function bearer(token: string, path = "/"): AccessRequest {
  return requestFor(path, { headers: { authorization: `Bearer ${token}` } });
}

/** The `Authorization` header of a client that knows this password. */
export function digestHeader(
  credentials: Partial<DigestCredentials> & { readonly nonce: string; readonly username: string },
  password: string,
  method = "GET",
): string {
  const complete = {
    usernameBytes: Buffer.from(credentials.username, "utf8").toString("latin1"),
    realm: "Sightline",
    uri: "/",
    quality: { clientNonce: "abc", nonceCount: 1 },
    ...credentials,
  };
  const response = computeDigestResponse(complete, method, password);
  return formatDigestAuthorization({ ...complete, response });
}
