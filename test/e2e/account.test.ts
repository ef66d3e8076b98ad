import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Browser, Page } from "playwright-core";
import { launchChromium } from "../support/chromium.ts";
import { startSightline, type SightlineProcess } from "../support/process-sightline.ts";
import { needing } from "../support/tool.ts";
import { until } from "../support/wait.ts";
import { patternCamera } from "./cameras.ts";
import { openAccount, visit } from "./login-form.ts";

const password = "first snow in may";
const cameras = [
  { ...patternCamera, id: "door", name: "Front door" },
  { ...patternCamera, id: "garden", name: "Garden" },
];

describe("The account dialog in Chromium", { ...needing("chromium"), timeout: 240_000 }, () => {
  let sightline: SightlineProcess;
  let browser: Browser;
  before(async () => {
    const users = [{ name: "owner", password, role: "admin" }];
    sightline = await startSightline({ auth: { mode: "password", users }, cameras });
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await sightline?.stop();
  });
  const permissions = ["clipboard-read", "clipboard-write"];
  const asOwner = (look: (page: Page) => Promise<void>): Promise<void> =>
    visit(browser, sightline.origin, { name: "owner", password, options: { permissions } }, look);

  it("hands out a device password that players can use, and renews it", () =>
    asOwner(async (page) => {
      await openAccount(page, "Device password");
      const field = page.getByLabel("Device password");
      await page.getByRole("button", { name: "Show it" }).click();
      await field.waitFor();
      const first = await field.inputValue();
      assert.equal(await statusFor(first), 200);
      await page.getByRole("button", { name: "Renew it" }).click();
      await page.getByRole("button", { name: "End the old one?" }).click();
      await page.getByText("This is the new one").waitFor();
      assert.equal(await statusFor(first), 401);
      assert.equal(await statusFor(await field.inputValue()), 200);
      await page.getByRole("button", { name: "Close" }).click();
      await until(async () => (await field.inputValue()) === "", "the dialog to forget the password");
    }));

  it("makes a link to one camera that opens nothing else", () =>
    asOwner(async (page) => {
      await openAccount(page, "Link to a camera");
      await page.getByRole("combobox", { name: "Camera" }).selectOption("Garden");
      await page.getByLabel("Shows").selectOption("Snapshot");
      await page.getByRole("button", { name: "Make a link" }).click();
      const link = page.getByLabel("Link", { exact: true });
      await link.waitFor();
      const url = await link.inputValue();
      assert.equal((await fetch(url)).status, 200);
      assert.equal((await fetch(url.replace("/garden/", "/door/"))).status, 401);
      await page.getByRole("button", { name: "Copy", exact: true }).click();
      await page.getByRole("button", { name: "Copied" }).waitFor();
      assert.equal(await page.evaluate("navigator.clipboard.readText()"), url);
    }));

  it("says that a password of the configuration is changed there", () =>
    asOwner(async (page) => {
      await openAccount(page, "Password");
      await page.getByText("its password is changed there").waitFor();
      assert.equal(await page.getByLabel("New password").first().isVisible(), false);
    }));

  it("is opened, used and closed with the keyboard", () =>
    asOwner(async (page) => {
      await page.locator("#open-account").focus();
      await page.keyboard.press("Enter");
      await page.getByRole("dialog", { name: "owner" }).waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "hidden" });
      assert.equal(await page.evaluate("document.activeElement.id"), "open-account");
    }));

  async function statusFor(secret: string): Promise<number> {
    const headers = { Authorization: `Basic ${Buffer.from(`owner:${secret}`).toString("base64")}` };
    return (await fetch(`${sightline.origin}/cameras/garden/snapshot.jpg`, { headers })).status;
  }
});
