import assert from "node:assert/strict";
import type { Browser, BrowserContextOptions, Page } from "playwright-core";
import { openPage } from "../support/chromium.ts";

/** The account that a start without accounts makes. */
export const firstUser = "admin";

/** Fills in the login page and sends it, as a keyboard does. */
export async function logIn(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel("Name", { exact: true }).fill(name);
  await page.getByLabel("Password", { exact: true }).fill(password);
  await page.keyboard.press("Enter");
}

/** Waits for the live page. */
export async function seePage(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Log out" }).waitFor();
}

/** Waits for the login page. */
export async function seeLogin(page: Page): Promise<void> {
  await page.getByRole("button", { name: "Log in" }).waitFor();
}

/** Opens the dialog about one's account, and in it one of its parts. */
export async function openAccount(page: Page, part: string): Promise<void> {
  await page.locator("#open-account").click();
  await page.locator("dialog > .inside > details > summary").getByText(part, { exact: true }).click();
}

/** Somebody at a browser of their own. */
export interface Visitor {
  readonly name: string;
  readonly password: string;
  readonly options?: BrowserContextOptions;
}

/** Logs somebody in, runs `look` on the page that they see, and checks that nothing failed in it. */
export async function visit(
  browser: Browser,
  origin: string,
  { name, password, options = {} }: Visitor,
  look: (page: Page) => Promise<void>,
): Promise<void> {
  const { page, failures, close } = await openPage(browser, options);
  await page.goto(`${origin}/`);
  await logIn(page, name, password);
  await seePage(page);
  await look(page);
  assert.deepEqual(failures, []);
  await close();
}
