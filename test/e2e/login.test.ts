import assert from "node:assert/strict";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import type { Browser } from "playwright-core";
import { launchChromium, openPage, photograph, screens } from "../support/chromium.ts";
import { startSightline, type SightlineProcess } from "../support/process-sightline.ts";
import { needing } from "../support/tool.ts";
import { until } from "../support/wait.ts";
import { patternCamera } from "./cameras.ts";
import { firstUser, logIn, seeLogin, seePage } from "./login-form.ts";

const chosen = "correct horse battery";
const cameras = [{ ...patternCamera, name: "Workshop" }];

describe("Logging in with Chromium", { ...needing("chromium"), timeout: 240_000 }, () => {
  let directory: string;
  let sightline: SightlineProcess;
  let browser: Browser;
  before(async () => {
    directory = await mkdtemp(join(tmpdir(), "sightline-login-"));
    sightline = await startSightline({ auth: { mode: "password" }, dataDir: directory, cameras });
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await sightline?.stop();
    await rm(directory, { recursive: true, force: true });
  });

  for (const [name, viewport] of Object.entries(screens)) {
    for (const colorScheme of ["light", "dark"] as const) {
      it(`shows strangers the login page: ${name}, ${colorScheme}`, async () => {
        const { page, failures, close } = await openPage(browser, { viewport, colorScheme });
        const sizes: Promise<number>[] = [];
        page.on("response", (response) => sizes.push(response.body().then((body) => body.length)));
        const response = await page.goto(`${sightline.origin}/`);
        await seeLogin(page);
        assert.equal(response?.status(), 401);
        assert.equal(response?.headers()["www-authenticate"], undefined);
        assert.equal(await photograph(page, `login-${name}-${colorScheme}`), 0, "wider than the screen");
        assert.equal(await page.getByLabel("Name", { exact: true }).getAttribute("autocomplete"), "username");
        const password = page.getByLabel("Password", { exact: true });
        assert.equal(await password.getAttribute("autocomplete"), "current-password");
        const total = (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
        assert.ok(total < 24_000, `the login page is small: ${total} bytes`);
        assert.deepEqual(failures, []);
        await close();
      });
    }
  }

  it("takes the link of the first start, once, and lets its user choose a password", async () => {
    const link = await until(() => /http\S+#link=[\w-]+/.exec(sightline.log())?.[0], "the login link");
    const fragment = new URL(link).hash;
    const { page, failures, close } = await openPage(browser);
    await page.goto(`${sightline.origin}/`);
    // Pasted into the tab that shows the login page: that loads nothing.
    await page.goto(`${sightline.origin}/${fragment}`);
    // One click, and the live page is there.
    await seePage(page);
    await page.locator("article img").waitFor();
    assert.equal(new URL(page.url()).hash, "");
    assert.equal(await photograph(page, "login-first"), 0, "wider than the screen");
    await page.getByRole("button", { name: "Choose your own" }).click();
    await page.locator("#new-password").fill("12345678");
    await page.getByRole("button", { name: "Change password" }).click();
    await page.getByText("one of those that everybody tries first").waitFor();
    await page.locator("#new-password").fill(chosen);
    await page.getByRole("button", { name: "Change password" }).click();
    await page.getByText("Everybody else who was logged in as you").waitFor();
    await page.getByRole("button", { name: "Close" }).click();
    await page.getByRole("button", { name: "Choose your own" }).waitFor({ state: "hidden" });
    assert.equal(existsSync(join(directory, "initial-admin-password")), false);
    const { entries } = await (await page.context().newCDPSession(page)).send("Page.getNavigationHistory");
    assert.ok(!entries.some(({ url }) => url.includes("link=")), "the history holds the link");
    await page.getByRole("button", { name: "Log out" }).click();
    await seeLogin(page);
    await page.goto(`${sightline.origin}/${fragment}`);
    await page.getByText("has expired or was used before").waitFor();
    assert.equal(new URL(page.url()).hash, "");
    assert.deepEqual(failures, []);
    await close();
  });

  it("says what is wrong, and lets in who knows the password", async () => {
    const { page, failures, close } = await openPage(browser);
    await page.goto(`${sightline.origin}/`);
    await logIn(page, firstUser, "not the password");
    await page.getByText("Wrong name or password.").waitFor();
    await page.route("**/api/session", (route) => route.abort());
    await logIn(page, firstUser, chosen);
    await page.getByText("Sightline does not answer").waitFor();
    await page.unroute("**/api/session");
    await page.getByRole("button", { name: "Show" }).click();
    assert.equal(await page.getByLabel("Password", { exact: true }).getAttribute("type"), "text");
    await logIn(page, firstUser, chosen);
    await seePage(page);
    assert.equal(await page.locator("#open-account").innerText(), firstUser);
    await page.reload();
    await seePage(page);
    assert.deepEqual(failures, []);
    await close();
  });

  it("leads back to the page that was asked for", async () => {
    const { page, close } = await openPage(browser);
    await page.goto(`${sightline.origin}/cameras/pattern/snapshot.jpg`);
    const picture = page.waitForResponse((response) => response.headers()["content-type"] === "image/jpeg");
    await logIn(page, firstUser, chosen);
    assert.match((await picture).url(), /snapshot\.jpg$/);
    await close();
  });

  it("says it when the browser keeps no cookies", async () => {
    const { page, close } = await openPage(browser);
    await page.goto(`${sightline.origin}/`);
    await page.route("**/api/session", async (route) => {
      const response = await route.fetch();
      const { "set-cookie": _dropped, ...headers } = response.headers();
      await page.context().clearCookies();
      await route.fulfill({ response, headers });
    });
    await logIn(page, firstUser, chosen);
    await page.getByText("Allow cookies for this address").waitFor();
    await close();
  });

  // The last one: its address is held back afterwards.
  it("says how long to wait after too many wrong passwords", async () => {
    const { page, failures, close } = await openPage(browser);
    await page.goto(`${sightline.origin}/`);
    const isHeld = page.getByText(/Too many attempts\. Please wait \d+ (s|min)\./);
    await until(
      async () => {
        if (await isHeld.isVisible()) return true;
        const answered = page.waitForResponse("**/api/session");
        await logIn(page, "stranger", `guess ${Math.random()}`);
        await answered;
        await page.locator("#answer:not([hidden])").waitFor();
        return isHeld.isVisible();
      },
      "to be held back",
      60_000,
    );
    await page.getByRole("button", { name: /^Wait \d+/ }).waitFor();
    await photograph(page, "login-held-back");
    assert.deepEqual(failures, []);
    await close();
  });
});
