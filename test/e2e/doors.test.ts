import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { DoorHouse } from "../support/door-house.ts";
import { DoorKeys } from "../support/door-keys.ts";
import { compareDoors, doorCallers, type DoorCaller, type DoorRow } from "../support/door-table.ts";
import { askAt } from "./door-asks.ts";
import { doorTable } from "./door-rows.ts";

const callers = doorCallers.flat();
const methods = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND"];

describe("the table of doors", { timeout: 300_000 }, () => {
  let house: DoorHouse;
  let keys: DoorKeys;
  before(async () => {
    house = await DoorHouse.open();
    keys = await DoorKeys.cut(house);
  });
  after(() => house?.close());

  /** All doors of the running program: its router's, and the old names that its own description tells. */
  async function openDoors(): Promise<readonly string[]> {
    const doors = house.app.doors().map(({ method, path }) => `${method} ${path}`);
    return [...new Set([...doors, ...(await describedDoors())])];
  }

  async function describedDoors(): Promise<readonly string[]> {
    const { text } = await keys.try("admin", { method: "GET", path: "/api/openapi.json" });
    const { paths } = JSON.parse(text) as { paths: Record<string, object> };
    const nameOf = (path: string) => path.replaceAll(/\{(\w+)\}/g, ":$1");
    return Object.entries(paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method.toUpperCase()} ${nameOf(path)}`),
    );
  }

  it("has a row for every door that is open, and no other", async () => {
    const doors = await openDoors();
    assert.ok(doors.length > 80, String(doors.length));
    assert.deepEqual(compareDoors(doors, doorTable), []);
  });

  it("knows no door that the description leaves out", async () => {
    const described = new Set(await describedDoors());
    const doors = house.app.doors().map(({ method, path }) => `${method} ${path}`);
    assert.deepEqual(
      doors.filter((door) => !described.has(door)),
      [],
    );
  });

  for (const row of doorTable) {
    it(`${row.door}${row.about && ` (${row.about})`}`, async () => {
      const [method = ""] = row.door.split(" ");
      const wrong = await tryAll(row, method, callers);
      // Who may GET may ask for the head. (A wrong password is as dear to hash a second time.)
      const others = callers.filter((caller) => caller !== "wrong password");
      assert.deepEqual(method === "GET" ? [...wrong, ...(await tryAll(row, "HEAD", others))] : wrong, []);
    });
  }

  /** What was answered otherwise than the row has it, in words. */
  async function tryAll(row: DoorRow, method: string, those: readonly DoorCaller[]): Promise<readonly string[]> {
    const wrong: string[] = [];
    for (const caller of those) {
      const { status, text } = await keys.try(caller, { ...(await askAt(row, caller, keys)), method });
      const wanted = row.expected.get(caller);
      const isRight = wanted === 200 ? isSuccess(status) : status === wanted;
      if (!isRight) wrong.push(`${method} by ${caller}: ${status}, not ${wanted}; ${text.slice(0, 200)}`);
    }
    return wrong;
  }

  it("lets nobody in by another spelling of a path", async () => {
    const wrong: string[] = [];
    for (const row of doorTable) {
      const [method = ""] = row.door.split(" ");
      for (const caller of ["nobody", "viewer", "user of another camera"] as const) {
        const asked = await askAt(row, caller, keys);
        // Old names in the query count at / alone: at //, say, the page is shown.
        if (row.expected.get(caller) === 200 || asked.path.includes("?")) continue;
        for (const path of spellings(asked.path)) {
          const { status } = await keys.try(caller, { ...asked, path, method });
          if (status < 400 || status >= 500) wrong.push(`${method} ${path} by ${caller}: ${status}`);
        }
      }
    }
    assert.deepEqual(wrong, []);
  });

  it("whatever no door takes is 405 to somebody, and to nobody 401 without a word on what there is", async () => {
    const doors = new Set(await openDoors());
    const paths = new Set([...doors].map((door) => door.slice(door.indexOf(" ") + 1)));
    for (const path of paths) {
      const real = path.replace(":id", "front").replace(":name", "viewer").replace(":token", "x");
      for (const method of methods.filter((method) => !doors.has(`${method} ${path}`))) {
        const known = await keys.try("admin", { method, path: real });
        assert.equal(known.status, 405, `${method} ${path}: ${known.text}`);
        const { status, headers } = await house.ask({ method, path: real });
        assert.deepEqual([status, headers["allow"]], [401, undefined], `${method} ${path}`);
      }
    }
  });

  it("where there is nothing is 404 to somebody, and to nobody 401", async () => {
    const paths = ["/nothing", "/api", "/api/", "/api/cameras/front/x", "/cameras", "/cameras/front", "/login", "/0"];
    const files = ["/.env", "/main.js", "/../package.json", "/web/index.html", "/api/users/viewer/x", "/healthz/x"];
    for (const path of [...paths, ...files]) {
      for (const method of methods) {
        const [known, nobody] = [await keys.try("admin", { method, path }), await house.ask({ method, path })];
        assert.deepEqual([known.status, nobody.status], [404, 401], `${method} ${path}`);
      }
    }
  });
});

function isSuccess(status: number): boolean {
  return status >= 200 && status < 300;
}

/** Other ways to write a path, which some servers or proxies take for the same. */
function spellings(plain: string): readonly string[] {
  const last = plain.at(-1) ?? "";
  const coded = `${plain.slice(0, -1)}%${last.charCodeAt(0).toString(16)}`;
  const first = `/%${plain.charCodeAt(1).toString(16)}${plain.slice(2)}`;
  const ways = [plain.toUpperCase(), `${plain}/`, coded, ...(plain.length > 1 ? [first] : [])];
  const tricks = [
    `/${plain}`,
    `/.${plain}`,
    `/x/..${plain}`,
    `/..;${plain}`,
    `/healthz/..${plain}`,
    `/healthz;${plain}`,
  ];
  const ends = [";", ";x=/healthz", "/.", "/..;/", "%2f", "%00", "%20", ".css", "/login.html", "\\"].map(
    (end) => plain + end,
  );
  const whole = `http://127.0.0.1/healthz/..${plain}`;
  return [...ways, ...tricks, ...ends, whole];
}
