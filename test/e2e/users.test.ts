import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Browser, BrowserContextOptions, Locator, Page } from "playwright-core";
import { launchChromium, openPage, photograph, screens } from "../support/chromium.ts";
import { startSightline, type SightlineProcess } from "../support/process-sightline.ts";
import { needing } from "../support/tool.ts";
import { patternCamera } from "./cameras.ts";
import { openAccount, seeLogin, seePage, visit } from "./login-form.ts";

const password = "first snow in may";
const cameras = [
  { ...patternCamera, id: "door", name: "Front door" },
  { ...patternCamera, id: "garden", name: "Garden" },
];

const users = [
  { name: "owner", password, role: "admin" },
  { name: "guest", password, role: "viewer", cameras: ["garden"] },
  { name: "nobody", password, role: "viewer", cameras: [] },
];

describe("Users and their rights in Chromium", { ...needing("chromium"), timeout: 240_000 }, () => {
  let sightline: SightlineProcess;
  let browser: Browser;
  before(async () => {
    sightline = await startSightline({ auth: { mode: "password", users }, cameras });
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await sightline?.stop();
  });
  type Look = (page: Page) => Promise<void>;
  const as = (name: string, look: Look, secret = password, options: BrowserContextOptions = {}): Promise<void> =>
    visit(browser, sightline.origin, { name, password: secret, options }, look);

  it("shows a viewer their cameras only, and nothing to switch", () =>
    as("guest", async (page) => {
      await page.getByRole("heading", { name: "Garden" }).waitFor();
      assert.equal(await page.locator("article").count(), 1);
      assert.equal(await page.getByRole("switch").count(), 0);
      await openAccount(page, "Device password");
      assert.equal(await page.locator("#users").isVisible(), false);
    }));

  it("tells somebody without any camera so", () =>
    as("nobody", (page) => page.getByText("None of the cameras here is shared with you").waitFor()));

  it("switches a camera off and on", () =>
    as("owner", async (page) => {
      const garden = page.locator("article", { hasText: "Garden" });
      await garden.getByRole("switch", { checked: true }).click();
      await garden.getByText("This camera is switched off.").waitFor();
      await garden.getByRole("switch", { checked: false }).click();
      await garden.getByText("Live", { exact: true }).waitFor();
    }));

  it("lets an admin make, change and remove a user, who chooses their own password", async () => {
    await as("owner", async (page) => {
      await openAccount(page, "Users");
      const form = await openUser(page, "Add a user");
      await form.getByLabel("Name").fill("neighbour");
      await form.getByLabel("All cameras").uncheck();
      await form.getByLabel("Front door").check();
      await form.getByLabel("Password").fill("over the hedge");
      await form.getByRole("button", { name: "Save" }).click();
      await page.getByText("neighbour may log in now.").waitFor();
    });
    await as("neighbour", changeOwnPassword, "over the hedge");
    const neighbourSeesTheEnd: Look = async (neighbour) => {
      await as("owner", removeNeighbour);
      await seeLogin(neighbour);
    };
    await as("neighbour", neighbourSeesTheEnd, "under the hedge");
  });

  for (const [name, viewport] of Object.entries(screens)) {
    const look: Look = async (page) => {
      await page.locator("article").nth(1).waitFor();
      await openAccount(page, "Users");
      await openUser(page, "guest");
      assert.equal(await photograph(page, `account-${name}`), 0, "wider than the screen");
    };
    it(`fits on a ${name}`, () => as("owner", look, password, { viewport }));
  }

  it("asks nobody for anything where accounts are off", async () => {
    const open = await startSightline({ auth: { mode: "none" }, cameras });
    const { page, failures, close } = await openPage(browser);
    await page.goto(`${open.origin}/`);
    await page.getByRole("switch").first().waitFor();
    assert.equal(await page.getByRole("button", { name: "Log out" }).count(), 0);
    assert.deepEqual(failures, []);
    await close();
    await open.stop();
  });
});

async function openUser(page: Page, name: string): Promise<Locator> {
  const user = page.locator("#users .list details").filter({ has: page.getByText(name, { exact: true }) });
  await user.locator("summary").click();
  return user.locator("form");
}

async function changeOwnPassword(page: Page): Promise<void> {
  await page.getByRole("heading", { name: "Front door" }).waitFor();
  assert.equal(await page.locator("article").count(), 1);
  await openAccount(page, "Password");
  const form = page.locator("#change-password");
  await form.getByLabel("Current password").fill("not this");
  await form.getByLabel("New password").fill("under the hedge");
  await form.getByRole("button", { name: "Change password" }).click();
  await form.locator(".answer.bad").waitFor();
  await form.getByLabel("Current password").fill("over the hedge");
  await form.getByRole("button", { name: "Change password" }).click();
  await page.getByText("Changed.").waitFor();
  await page.reload();
  await seePage(page);
}

async function removeNeighbour(page: Page): Promise<void> {
  await openAccount(page, "Users");
  const form = await openUser(page, "neighbour");
  await form.getByLabel("Role").selectOption("control");
  await form.getByRole("button", { name: "Save" }).click();
  await page.getByText("neighbour is changed.").waitFor();
  await (await openUser(page, "neighbour")).getByRole("button", { name: "Remove" }).click();
  await page.getByRole("button", { name: "Remove neighbour?" }).click();
  await page.getByText("neighbour is removed.").waitFor();
}
