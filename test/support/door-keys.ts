import { computeDigestResponse, formatDigestAuthorization } from "../../src/protocol/http/digest.ts";
import { basic, type DoorAnswer, type DoorHouse, type DoorRequest } from "./door-house.ts";
import type { DoorCaller } from "./door-table.ts";

/** Turns what is asked into a request of a certain caller. */
type Key = (asked: DoorRequest) => DoorRequest | Promise<DoorRequest>;

/** Of every account. */
export const password = "seven grey herons";
const everything = ["view", "snapshot", "control", "admin"];
/** Seconds: the shortest life of a token. */
const shortLife = 60;
/** The accounts beside `admin`, whom the first start makes. */
const accounts = [
  { name: "viewer", role: "viewer" },
  { name: "control", role: "control" },
  { name: "neighbour", role: "control", cameras: ["back"] },
  { name: "bystander", role: "viewer" },
  { name: "leaver", role: "admin" },
];

/**
 * What every caller of the table of doors shows: accounts, tokens, signed addresses and sessions, all given out by the house
 * itself through its own doors, some of them so long ago that they have ended.
 */
export class DoorKeys {
  readonly #house: DoorHouse;
  readonly #keys: ReadonlyMap<DoorCaller | "bystander", Key>;

  private constructor(house: DoorHouse, keys: ReadonlyMap<DoorCaller | "bystander", Key>) {
    this.#house = house;
    this.#keys = keys;
  }

  /** Logs in by the link of the first start and makes everything; the clock is right afterwards. */
  static async cut(house: DoorHouse): Promise<DoorKeys> {
    const loginLink = await house.app.invite();
    const first = await house.tell({ method: "POST", path: "/api/session", body: { loginLink } });
    const owner = sessionHeaders(first);
    const as = (headers: Readonly<Record<string, string>>) => ({
      post: (path: string, body: object) => house.tell({ method: "POST", path, headers, body }),
      change: (method: string, path: string, body?: object) => house.tell({ method, path, headers, body }),
    });
    for (const account of accounts) await as(owner).post("/api/users", { ...account, password });
    const { csrfToken, cookie } = await as(owner).change("PATCH", "/api/users/admin", { password });
    const admin = as(sessionHeaders({ csrfToken, cookie }));
    const token = async (permissions: readonly string[], more: object = {}, from = admin) =>
      String((await from.post("/api/tokens", { name: "for a door", permissions, ...more }))["token"]);
    const sign = async (path: string) =>
      String((await admin.post("/api/signed-urls", { path, expiresInSeconds: shortLife }))["url"]);

    const logIn = (name: string) => house.tell({ method: "POST", path: "/api/session", body: { name, password } });
    const expiredSession = (await logIn("admin")).cookie;
    const expiredToken = await token(everything, { expiresInSeconds: shortLife });
    const expiredUrl = await sign("/cameras/front/stream");
    house.comeToday();
    const leaver = sessionHeaders(await logIn("leaver"));
    const leaversToken = await token(everything, {}, as(leaver));
    const today = as(sessionHeaders(await logIn("admin")));
    await today.change("DELETE", "/api/users/leaver");
    const single = async (permission: string) => bearer(await token([permission], {}, today));
    const signed = async (path: string) =>
      queryOf(String((await today.post("/api/signed-urls", { path: signable(path) }))["url"]));
    // Asked for each time, too: one of the doors takes it away.
    const device = async () => String((await today.post("/api/users/admin/device-password", {}))["password"]);
    const digest = createDigest(house, "admin");

    const keys: Readonly<Record<DoorCaller | "bystander", Key>> = {
      nobody: (asked) => asked,
      viewer: withHeaders(basic("viewer", password)),
      control: withHeaders(basic("control", password)),
      admin: withHeaders(basic("admin", password)),
      "wrong password": createWrong((name) => withHeaders(basic(name, "six grey herons"))),
      "wrong Digest": createWrong((name) => createDigest(house, name)("0".repeat(20))),
      "expired token": bearer(expiredToken),
      "token of a removed user": bearer(leaversToken),
      "expired session": withHeaders({ Cookie: expiredSession }),
      "session of a removed user": withHeaders(leaver),
      "tampered signature": async (asked) => withQuery(asked, tamper(await signed(asked.path))),
      "expired signature": (asked) => withQuery(asked, queryOf(expiredUrl)),
      "signature for another camera": async (asked) =>
        withQuery(asked, await signed(signable(asked.path).replace(/(?<=^\/cameras\/)[^/]+/, "back"))),
      "token to view": await single("view"),
      "token to snapshot": await single("snapshot"),
      "token to control": await single("control"),
      "token to admin": await single("admin"),
      "user of another camera": withHeaders(basic("neighbour", password)),
      "token of another camera": bearer(await token(["view", "snapshot", "control"], { cameras: ["back"] }, today)),
      "signed address": async (asked) => withQuery(asked, await signed(asked.path)),
      "device password, Basic": async (asked) => withHeaders(basic("admin", await device()))(asked),
      "device password, Digest": async (asked) => digest(await device())(asked),
      // A fresh one each time: one of the doors ends it.
      "session without CSRF token": async (asked) => withHeaders({ Cookie: (await logIn("admin")).cookie })(asked),
      "session with CSRF token": async (asked) => withHeaders(sessionHeaders(await logIn("admin")))(asked),
      bystander: withHeaders(basic("bystander", password)),
    };
    return new DoorKeys(house, new Map(Object.entries(keys) as [DoorCaller | "bystander", Key][]));
  }

  /** What this caller is answered. */
  async try(caller: DoorCaller | "bystander", asked: DoorRequest): Promise<DoorAnswer> {
    const key = this.#keys.get(caller);
    if (!key) throw new Error(`nobody is called ${caller}`);
    return this.#house.ask(await key(asked));
  }
}

/** The account that a caller comes in the name of. */
export function accountOf(caller: DoorCaller): string {
  if (caller === "user of another camera") return "neighbour";
  return caller === "viewer" || caller === "control" ? caller : "admin";
}

function withHeaders(headers: Readonly<Record<string, string>>): Key {
  return (asked) => ({ ...asked, headers: { ...asked.headers, ...headers } });
}

function bearer(token: string): Key {
  return withHeaders({ Authorization: `Bearer ${token}` });
}

function sessionHeaders({ cookie, csrfToken }: { readonly cookie?: unknown; readonly csrfToken?: unknown }) {
  return { Cookie: String(cookie), "X-CSRF-Token": String(csrfToken) };
}

/** Digest with a nonce of its own for each request. */
function createDigest(house: DoorHouse, name: string): (password: string) => Key {
  return (secret) => async (asked) => {
    const { headers } = await house.ask({ method: "GET", path: "/api/session" });
    const challenge = headers["www-authenticate"]?.find((line) => line.startsWith("Digest ")) ?? "";
    const [, nonce = ""] = /nonce="([^"]*)"/.exec(challenge) ?? [];
    const quality = { clientNonce: "0a4f113b", nonceCount: 1 };
    const parts = { usernameBytes: name, realm: "Sightline", nonce, uri: asked.path, quality };
    const response = computeDigestResponse(parts, asked.method, secret);
    const Authorization = formatDigestAuthorization({ ...parts, username: name, response });
    return withHeaders({ Authorization })(asked);
  };
}

/** Wrong each time, but never from the same address, nor often in the same name: nobody is made to wait. */
function createWrong(keyOf: (name: string) => Key): Key {
  const names = ["viewer", "control", "admin", "neighbour", "bystander"];
  let count = 0;
  return (asked) => {
    count += 1;
    const from = `127.77.${Math.floor(count / 250)}.${1 + (count % 250)}`;
    return keyOf(names[count % names.length] ?? "")({ ...asked, from });
  };
}

/** The path itself where it can be signed; else one that can. */
function signable(path: string): string {
  const [plain = ""] = path.split("?");
  return plain.startsWith("/cameras/") ? plain : "/cameras/front/stream";
}

function queryOf(url: string): string {
  return url.slice(url.indexOf("?") + 1);
}

function withQuery(asked: DoorRequest, query: string): DoorRequest {
  return { ...asked, path: `${asked.path}${asked.path.includes("?") ? "&" : "?"}${query}` };
}

/** Another signature of the same length. */
function tamper(query: string): string {
  return query.replace(/(signature=)(.)/, (_all, key: string, first: string) => key + (first === "A" ? "B" : "A"));
}
