import { accountOf, password, type DoorKeys } from "../support/door-keys.ts";
import type { DoorRequest } from "../support/door-house.ts";
import type { DoorCaller, DoorRow } from "../support/door-table.ts";

type Asked = Pick<DoorRequest, "path" | "body">;

interface Asking {
  /** The account of who asks. */
  readonly own: string;
  /** Whether it should be done: where not, what would be harmed need not be made first. */
  readonly isAllowed: boolean;
  readonly keys: DoorKeys;
}

const another = "bystander";
const front = { path: "/cameras/front/snapshot.jpg" };
const forDoor = { name: "for a door" };
let made = 0;

/** What is asked for in the rows that are about more than a path of the camera `front`. */
const asks: Readonly<Record<string, (asking: Asking) => Asked | Promise<Asked>>> = {
  "GET / (?action=stream)": () => ({ path: "/?action=stream" }),
  "GET / (?action=snapshot)": () => ({ path: "/?action=snapshot" }),
  "GET / (?action=stream_1)": () => ({ path: "/?action=stream_1" }),
  "GET / (?action=command)": () => ({ path: "/?action=command" }),
  "GET /cameras/:id/snapshot.jpg (no camera)": () => ({ path: "/cameras/attic/snapshot.jpg" }),
  "PATCH /api/cameras/:id": () => ({ path: "/api/cameras/front", body: { enabled: true } }),
  "POST /api/cameras/:id/restart": () => ({ path: "/api/cameras/front/restart", body: {} }),
  "PATCH /api/cameras/:id/controls": () => ({ path: "/api/cameras/front/controls", body: { brightness: 12 } }),
  "POST /api/session": () => ({ path: "/api/session", body: { name: "viewer", password } }),
  "POST /api/session (a link that is none)": () => ({ path: "/api/session", body: { loginLink: "x".repeat(43) } }),
  "POST /api/tokens (to view)": () => ({ path: "/api/tokens", body: { ...forDoor, permissions: ["view"] } }),
  "POST /api/tokens (to control)": () => ({ path: "/api/tokens", body: { ...forDoor, permissions: ["control"] } }),
  "POST /api/tokens (to admin)": () => ({ path: "/api/tokens", body: { ...forDoor, permissions: ["admin"] } }),
  "POST /api/tokens (for the camera front)": () => ({
    path: "/api/tokens",
    body: { ...forDoor, permissions: ["view"], cameras: ["front"] },
  }),
  "DELETE /api/tokens/:token (somebody's)": async ({ keys }) => ({ path: `/api/tokens/${await makeToken(keys)}` }),
  "DELETE /api/tokens/:token (none)": () => ({ path: "/api/tokens/none" }),
  "POST /api/signed-urls (of the camera front)": () => ({ path: "/api/signed-urls", body: front }),
  "POST /api/signed-urls (of the camera back)": () => ({
    path: "/api/signed-urls",
    body: { path: "/cameras/back/snapshot.jpg" },
  }),
  "POST /api/signed-urls (for two days)": () => ({
    path: "/api/signed-urls",
    body: { ...front, expiresInSeconds: 2 * 86_400 },
  }),
  "POST /api/users": () => ({ path: "/api/users", body: { name: newName(), password } }),
  "PATCH /api/users/:name (one's own)": ({ own }) => ({ path: `/api/users/${own}`, body: {} }),
  "PATCH /api/users/:name (somebody else's)": () => ({ path: `/api/users/${another}`, body: {} }),
  "PATCH /api/users/:name (one's own role)": ({ own }) => ({
    path: `/api/users/${own}`,
    body: { role: own === "admin" ? "admin" : "control" },
  }),
  "DELETE /api/users/:name (none)": () => ({ path: "/api/users/stranger" }),
  "DELETE /api/users/:name (somebody else's)": async ({ isAllowed, keys }) => ({
    path: `/api/users/${isAllowed ? await makeUser(keys) : another}`,
  }),
  "POST /api/users/:name/device-password (one's own)": ({ own }) => ({
    path: `/api/users/${own}/device-password`,
    body: {},
  }),
  "POST /api/users/:name/device-password (somebody else's)": () => ({
    path: `/api/users/${another}/device-password`,
    body: {},
  }),
  "DELETE /api/users/:name/device-password (own)": ({ own, keys }) => findDevicePassword(keys, own),
  "DELETE /api/users/:name/device-password (another's)": ({ keys }) => findDevicePassword(keys, another),
};

/** The request that a row is about, as this caller would make it. Throws Error where nobody has said what that is. */
export async function askAt({ door, about, expected }: DoorRow, caller: DoorCaller, keys: DoorKeys): Promise<Asked> {
  const ask = asks[about === "" ? door : `${door} (${about})`];
  if (ask) return ask({ own: accountOf(caller), isAllowed: expected.get(caller) === 200, keys });
  const [method = "", path = ""] = door.split(" ");
  if (about !== "" || !["GET", "DELETE"].includes(method)) throw new Error(`what is asked for at ${door} ${about}?`);
  return { path: path.replace(":id", "front") };
}

async function makeToken(keys: DoorKeys): Promise<string> {
  const body = { ...forDoor, permissions: ["view"] };
  const { text } = await keys.try("bystander", { method: "POST", path: "/api/tokens", body });
  return (JSON.parse(text) as { id: string }).id;
}

async function makeUser(keys: DoorKeys): Promise<string> {
  const name = newName();
  await keys.try("admin", { method: "POST", path: "/api/users", body: { name, password } });
  return name;
}

/** The path of a device password that is there. */
async function findDevicePassword(keys: DoorKeys, name: string): Promise<Asked> {
  const path = `/api/users/${name}/device-password`;
  await keys.try("admin", { method: "POST", path, body: {} });
  return { path };
}

function newName(): string {
  return `newcomer-${(made += 1)}`;
}
