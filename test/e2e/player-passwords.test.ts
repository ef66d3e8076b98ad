import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import { formatBasicAuthorization } from "../../src/access/basic-credentials.ts";
import { startSightline, type SightlineProcess } from "../support/process-sightline.ts";
import { runTool } from "../support/run-tool.ts";
import { needing } from "../support/tool.ts";
import { patternCamera } from "./cameras.ts";

const login = "first snow in may";
const users = [
  { name: "anna", password: login, role: "viewer" },
  { name: "carl", password: login, role: "viewer" }, // who has no device password
];

describe("players log in with either password", { ...needing("ffmpeg", "curl"), timeout: 120_000 }, () => {
  let sightline: SightlineProcess;
  let device: string;
  before(async () => {
    sightline = await startSightline({ auth: { mode: "password", users }, cameras: [patternCamera] });
    const made = await fetch(`${sightline.origin}/api/users/anna/device-password`, {
      method: "POST",
      headers: {
        "Content-Type": "application/json",
        Authorization: formatBasicAuthorization({ name: "anna", password: login }),
      },
      body: "{}",
    });
    device = ((await made.json()) as { password: string }).password;
  });
  after(() => sightline.stop());

  /** The status that curl sees at last. */
  const curl = async (name: string, password: string, ...flags: readonly string[]): Promise<string> => {
    const shown = ["-sS", "-o", "/dev/null", "-w", "%{http_code}"];
    const url = `${sightline.origin}/snapshot.jpg`;
    const told = await runTool("curl", [...shown, "--max-time", "15", ...flags, "-u", `${name}:${password}`, url]);
    return told.toString();
  };

  for (const [flag, withLogin] of [
    ["--basic", "200"],
    ["--digest", "401"],
    ["--anyauth", "200"],
  ] as const) {
    it(`curl ${flag}: device password 200, login password ${withLogin}, wrong one 401`, async () => {
      assert.equal(await curl("anna", device, flag), "200");
      assert.equal(await curl("anna", login, flag), withLogin);
      assert.equal(await curl("carl", login, flag), withLogin);
      assert.equal(await curl("carl", device, flag), "401");
    });
  }

  it("curl --anyauth with a login password is never made to wait, however often it asks", async () => {
    for (let time = 0; time < 25; time += 1) assert.equal(await curl("anna", login, "--anyauth"), "200");
  });

  for (const [name, what, password] of [
    ["anna", "device password", () => device],
    ["anna", "login password", () => login],
    ["carl", "login password", () => login],
  ] as const) {
    it(`ffmpeg plays with ${name}'s ${what}`, async () => {
      const url = new URL("/stream", sightline.origin);
      [url.username, url.password] = [name, password()];
      const output = ["-frames:v", "2", "-f", "rawvideo", "-pix_fmt", "gray", "-"];
      const pictures = await runTool("ffmpeg", ["-v", "error", "-f", "mpjpeg", "-i", url.href, ...output]);
      assert.equal(pictures.length, 2 * 640 * 360);
    });
  }

  it("whoever comes with Basic before being asked is asked for nothing", async () => {
    for (const password of [device, login]) {
      const headers = { Authorization: formatBasicAuthorization({ name: "anna", password }) };
      const response = await fetch(`${sightline.origin}/stream`, { headers });
      assert.equal(response.status, 200);
      await response.body?.cancel();
    }
  });
});
