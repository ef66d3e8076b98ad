import assert from "node:assert/strict";
import { after, before, describe, it } from "node:test";
import type { Browser, Page } from "playwright-core";
import { launchChromium, photograph, screens } from "../support/chromium.ts";
import { startSightline, type SightlineProcess } from "../support/process-sightline.ts";
import { needing } from "../support/tool.ts";
import { until } from "../support/wait.ts";
import { ffmpegCamera, patternCamera } from "./cameras.ts";

/** A number for what the first picture on the page shows now: other pixels, other number; undefined while it shows none. */
function fingerprint(page: Page, selector: string): Promise<number | undefined> {
  return page.evaluate((selector) => {
    // This function runs in the browser, whose types are not those of this file.
    const { document } = globalThis as unknown as { document: any /* oxlint-disable-line no-explicit-any */ };
    const image = document.querySelector(selector);
    if (!image || !image.naturalWidth) return undefined;
    const canvas = document.createElement("canvas");
    canvas.width = image.naturalWidth;
    canvas.height = image.naturalHeight;
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { data } = context.getImageData(0, 0, canvas.width, canvas.height) as { data: Uint8ClampedArray };
    let sum = 0;
    for (const value of data) sum = (Math.imul(sum, 31) + value) | 0;
    return sum;
  }, selector);
}

/** Resolves when the picture has shown `count` different contents. */
async function assertMoves(page: Page, selector: string, count = 3): Promise<void> {
  const seen = new Set<number>();
  await until(
    async () => {
      const now = await fingerprint(page, selector);
      if (now !== undefined) seen.add(now);
      return seen.size >= count;
    },
    `${selector} to show ${count} different pictures`,
    20_000,
  );
}

describe("Chromium", { ...needing("chromium", "ffmpeg"), timeout: 240_000 }, () => {
  let sightline: SightlineProcess;
  let browser: Browser;
  before(async () => {
    sightline = await startSightline({
      cameras: [
        { ...patternCamera, name: "Workshop" },
        { ...ffmpegCamera("film", "mpjpeg"), name: "Front door" },
        { id: "shed", name: "Shed", source: "v4l2", device: "/dev/v4l/by-id/usb-not-plugged-in" },
      ],
    });
    browser = await launchChromium();
  });
  after(async () => {
    await browser?.close();
    await sightline?.stop();
  });

  for (const [name, viewport] of Object.entries(screens)) {
    it(`shows the page on a ${name}: pictures move, nothing sticks out, nothing fails`, async () => {
      const page = await browser.newPage({ viewport });
      const failures: string[] = [];
      page.on("pageerror", (error) => failures.push(error.message));
      page.on("response", (response) => {
        const isExpected = response.url().includes("/cameras/shed/");
        if (response.status() >= 400 && !isExpected) failures.push(`${response.status()} ${response.url()}`);
      });
      await page.goto(`${sightline.origin}/`);
      await assertMoves(page, "article:nth-of-type(1) img");
      await assertMoves(page, "article:nth-of-type(2) img");
      const told = await until(async () => {
        const text = await page.locator("article").nth(2).innerText();
        return /not there|unplugged/i.test(text) && text;
      }, "the absent camera's reason");
      assert.match(told, /Shed/);
      assert.equal(await photograph(page, `page-${name}`), 0, "the page is wider than the screen");
      assert.deepEqual(failures, []);
      await page.close();
    });
  }

  for (const path of [
    "/stream",
    "/stream.mjpg",
    "/?action=stream",
    "/?action=stream_1",
    "/cameras/film/stream",
    "/stream?advance_headers=1",
  ]) {
    it(`plays ${path} in an <img>`, async () => {
      const page = await browser.newPage();
      await page.goto(`${sightline.origin}/login.html`); // a page of the same origin, so that pixels may be read
      await page.setContent(`<img id="live" src="${path}">`);
      await assertMoves(page, "#live");
      await page.close();
    });
  }

  it("shows a snapshot, another one after a reload", async () => {
    const page = await browser.newPage();
    await page.goto(`${sightline.origin}/snapshot.jpg?max_age=0`);
    const first = await fingerprint(page, "img");
    await page.reload();
    const second = await fingerprint(page, "img");
    assert.ok(first !== undefined && second !== undefined);
    assert.notEqual(first, second);
    await page.close();
  });

  it("lets go of the cameras when the page is closed", async () => {
    const page = await browser.newPage();
    await page.goto(`${sightline.origin}/`);
    await assertMoves(page, "article:nth-of-type(1) img", 2);
    await page.close();
    await until(async () => {
      const { cameras } = (await (await fetch(`${sightline.origin}/api/cameras`)).json()) as {
        cameras: { viewers: number }[];
      };
      return cameras.every(({ viewers }) => viewers === 0);
    }, "all viewers to leave");
  });
});
