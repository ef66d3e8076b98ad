import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { chromium, type Browser, type BrowserContextOptions, type Page } from "playwright-core";
import { artifactDirectory } from "./compile-native.ts";
import { findTool } from "./tool.ts";

const flags = [
  "--no-sandbox", // the tests may run as root
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** The screens that pages are looked at on. */
export const screens = { phone: { width: 390, height: 844 }, desktop: { width: 1280, height: 800 } } as const;

/** A page with cookies of its own, and what went wrong in it. */
export interface WatchedPage {
  readonly page: Page;
  /** Errors of scripts and everything that the content security policy refused. */
  readonly failures: readonly string[];
  readonly close: () => Promise<void>;
}

/** Starts Chromium. */
export function launchChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: findTool("chromium") ?? "chromium", args: flags });
}

/** Opens an empty page for somebody whom no server knows. */
export async function openPage(browser: Browser, options: BrowserContextOptions = {}): Promise<WatchedPage> {
  const context = await browser.newContext(options);
  context.setDefaultTimeout(15_000);
  const page = await context.newPage();
  const failures: string[] = [];
  page.on("pageerror", (error) => failures.push(error.message));
  page.on("console", (message) => {
    // Chromium reports every 4xx of a fetch as an error; the pages show those.
    if (message.type() === "error" && !message.text().startsWith("Failed to load resource"))
      failures.push(message.text());
  });
  return { page, failures, close: () => context.close() };
}

/** Keeps what the page looks like now, and answers by how many pixels it is wider than the screen. */
export async function photograph(page: Page, name: string): Promise<number> {
  const directory = join(await artifactDirectory(), "screenshots");
  mkdirSync(directory, { recursive: true });
  await page.screenshot({ path: join(directory, `${name}.png`), fullPage: true, animations: "disabled" });
  return page.evaluate<number>("document.documentElement.scrollWidth - document.documentElement.clientWidth");
}
