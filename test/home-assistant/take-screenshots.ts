// Takes the screenshots of docs/guides/images anew, in a real Home Assistant:
//   npm run build && npx tsc --outDir build && node build/test/home-assistant/take-screenshots.js
// Look at them before you commit them: Home Assistant's page may have changed.
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import sharp from "sharp";
import { repositoryRoot } from "../support/compile-native.ts";
import { command } from "../support/home-assistant-api.ts";
import { openHomeAssistantPage, type HomeAssistantPage } from "../support/home-assistant-page.ts";
import { watchMjpeg } from "../support/mjpeg-client.ts";
import { HomeRig } from "./home-rig.ts";

const directory = join(repositoryRoot, "docs/guides/images");
/** Home Assistant's own dashboard, which shows what there is by area. */
const overview = "/home";
const frontDoor = { id: "front-door", name: "Front door", source: "test-pattern", width: 1280, height: 720, fps: 5 };

/** Takes a picture of a path of Home Assistant's page, once all of `texts` can be seen, small enough for a guide. */
async function photograph(
  page: HomeAssistantPage,
  path: string,
  name: string,
  texts: readonly string[],
): Promise<void> {
  const file = join(directory, `home-assistant-${name}.png`);
  await page.photograph(path, file, ...texts);
  const png = sharp(await readFile(file)).png({ palette: true, colours: 128, compressionLevel: 9, effort: 10 });
  await writeFile(file, await png.toBuffer());
}

/** Puts the camera into an area, as its owner would, and sends the greeting for new owners away. Answers with its paths. */
async function furnish(rig: HomeRig): Promise<{ device: string; area: string }> {
  const { origin, token } = rig.home;
  const tell = async <T>(message: { readonly type: string } & Readonly<Record<string, unknown>>) =>
    command<T>(origin, token, message);
  const device = (await rig.registries()).devices.find(({ name }) => name === "Front door");
  const { area_id } = await tell<{ area_id: string }>({ type: "config/area_registry/create", name: "Entrance" });
  await tell({ type: "config/device_registry/update", device_id: device?.id, area_id });
  await tell({ type: "frontend/set_system_data", key: "home", value: { welcome_banner_dismissed: true } });
  return { device: `/config/devices/device/${device?.id}`, area: `${overview}/areas-${area_id}` };
}

const rig = await HomeRig.start();
try {
  await mkdir(directory, { recursive: true });
  await rig.startSightline([frontDoor]);
  await rig.untilPicture("camera.front_door", "a picture");
  const viewer = await watchMjpeg(rig.sightline.port, "/cameras/front-door/stream");
  await rig.untilState("sensor.front_door_viewers", "1");
  await rig.act("button.press", "button.front_door_take_snapshot");
  await rig.untilPicture("image.front_door_snapshot", "a snapshot");
  const { device, area } = await furnish(rig);
  const page = await openHomeAssistantPage(rig.home, { width: 1100, height: 1010 });
  try {
    await photograph(page, device, "device", ["Device info", "Contrast"]);
    await page.page.setViewportSize({ width: 1100, height: 560 });
    await photograph(page, area, "overview", ["Take snapshot"]);
  } finally {
    await page.close();
    viewer.close();
  }
} finally {
  await rig.stop();
}
