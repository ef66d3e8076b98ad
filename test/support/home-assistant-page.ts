import { chromium, type Browser, type Page } from "playwright-core";
import { clientId, command } from "./home-assistant-api.ts";
import type { HomeAssistant } from "./home-assistant.ts";
import { findTool } from "./tool.ts";

const flags = [
  "--no-sandbox", // the tests may run as root
  "--disable-gpu",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync",
];

/** Home Assistant's page in a browser of its own, its owner logged in. */
export interface HomeAssistantPage {
  /** Playwright's page, for what {@link photograph} does not do. */
  readonly page: Page;
  /** Opens a path (`/config/devices/dashboard`), waits until every one of `texts` is seen, and writes a PNG. */
  photograph(path: string, file: string, ...texts: readonly string[]): Promise<void>;
  close(): Promise<void>;
}

/** Opens Chromium with this many pixels, logged in. */
export async function openHomeAssistantPage(
  home: HomeAssistant,
  viewport = { width: 1280, height: 800 },
): Promise<HomeAssistantPage> {
  // a remark on how Home Assistant was installed, not on what it shows
  const remark = { domain: "homeassistant", issue_id: "deprecated_method" };
  await command(home.origin, home.token, { type: "repairs/ignore_issue", ...remark, ignore: true });
  const browser = await chromium.launch({ executablePath: findTool("chromium") ?? "chromium", args: flags });
  try {
    const page = await logIn(browser, home, viewport);
    return {
      page,
      async photograph(path, file, ...texts) {
        await page.goto(`${home.origin}${path}`);
        for (const text of texts) await page.getByText(text).filter({ visible: true }).first().waitFor();
        await page.waitForLoadState("networkidle"); // the cameras' pictures
        await page.screenshot({ path: file, animations: "disabled" });
      },
      close: async () => browser.close(),
    };
  } catch (error) {
    await browser.close();
    throw error;
  }
}

async function logIn(
  browser: Browser,
  home: HomeAssistant,
  viewport: { width: number; height: number },
): Promise<Page> {
  const context = await browser.newContext({ viewport, locale: "en-GB" });
  const tokens = JSON.stringify({
    ...home.tokens,
    token_type: "Bearer",
    hassUrl: home.origin,
    clientId: clientId(home.origin),
    expires: Date.now() + home.tokens.expires_in * 1000,
  });
  await context.addInitScript(`localStorage.setItem("hassTokens", ${JSON.stringify(tokens)})`);
  // the icons of integrations come from the internet; without it, an empty picture looks better than a broken one
  const icon = { contentType: "image/svg+xml", body: '<svg xmlns="http://www.w3.org/2000/svg"/>' };
  await context.route("**/api/brands/**", async (route) => route.fulfill(icon));
  return context.newPage();
}
