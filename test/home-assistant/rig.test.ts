import assert from "node:assert/strict";
import { spawn, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { complaints } from "../support/home-assistant-log.ts";
import { findFreePort, needingHomeAssistant } from "../support/home-assistant-process.ts";
import { startHomeAssistant, type HomeAssistant } from "../support/home-assistant.ts";
import { runTool } from "../support/run-tool.ts";
import { needing } from "../support/tool.ts";
import { until } from "../support/wait.ts";
import { plainJpeg } from "../unit/media/jpeg/jpeg-samples.ts";

const device = {
  dev: { ids: ["sightline_ab12_front"], name: "Front door", mf: "Sightline", mdl: "HD Webcam", sw: "0.1.0" },
  o: { name: "Sightline", sw: "0.1.0" },
  avty: [{ t: "sightline/status" }, { t: "sightline/front/availability" }],
  avty_mode: "all",
  qos: 0,
  cmps: {
    camera: { p: "camera", uniq_id: "ab12_front_camera", name: null, t: "sightline/front/image" },
    motion: { p: "binary_sensor", uniq_id: "ab12_front_motion", dev_cla: "motion", stat_t: "sightline/front/motion" },
    fps: {
      p: "sensor",
      uniq_id: "ab12_front_fps",
      name: "Frame rate",
      stat_t: "sightline/front/stats",
      val_tpl: "{{ value_json.fps }}",
      unit_of_meas: "fps",
      stat_cla: "measurement",
      ent_cat: "diagnostic",
    },
    streaming: {
      p: "switch",
      uniq_id: "ab12_front_streaming",
      name: "Camera",
      stat_t: "sightline/front/enabled",
      cmd_t: "sightline/front/enabled/set",
    },
  },
};

const { skip } = needing("mosquitto", "mosquitto_pub", "mosquitto_sub");

describe("Home Assistant", { skip: needingHomeAssistant().skip || skip, timeout: 900_000 }, () => {
  const directory = mkdtempSync(join(tmpdir(), "sightline-broker-"));
  let broker: ChildProcess;
  let port: number;
  let home: HomeAssistant;
  before(async () => {
    port = await findFreePort();
    const config = join(directory, "mosquitto.conf");
    writeFileSync(config, `listener ${port} 127.0.0.1\nallow_anonymous true\n`);
    broker = spawn("mosquitto", ["-c", config], { stdio: "ignore" });
    home = await startHomeAssistant();
    await home.addMqtt({ host: "127.0.0.1", port });
  });
  after(async () => {
    await home?.stop();
    if (broker?.kill()) await once(broker, "exit");
    rmSync(directory, { recursive: true });
  });

  async function publish(topic: string, payload: string | Buffer): Promise<void> {
    await runTool("mosquitto_pub", ["-p", String(port), "-r", "-t", topic, "-s"], Buffer.from(payload));
  }

  async function untilState(entityId: string, wanted: string): Promise<void> {
    await until(async () => (await home.state(entityId))?.state === wanted, `${entityId} to be ${wanted}`);
  }

  it("takes up a device that is announced on MQTT", async () => {
    await publish("homeassistant/device/ab12_front/config", JSON.stringify(device));
    await until(async () => await home.state("camera.front_door"), "the camera");
    for (const topic of ["sightline/status", "sightline/front/availability"]) await publish(topic, "online");
    await publish("sightline/front/enabled", "ON");
    await publish("sightline/front/stats", '{"fps": 12.5}');
    await publish("sightline/front/motion", "OFF");
    await untilState("switch.front_door_camera", "on");
    await untilState("sensor.front_door_frame_rate", "12.5");
    await untilState("binary_sensor.front_door_motion", "off");
    const [found] = (await home.deviceRegistry()).filter(({ name }) => name === "Front door");
    assert.deepEqual(found?.identifiers, [["mqtt", "sightline_ab12_front"]]);
    const sensor = (await home.entityRegistry()).find(({ unique_id }) => unique_id === "ab12_front_fps");
    assert.equal(sensor?.entity_category, "diagnostic");
    assert.equal(sensor?.device_id, found?.id);
  });

  it("shows the picture that was published", async () => {
    const picture = plainJpeg();
    await publish("sightline/front/image", picture);
    const shown = await until(async () => {
      const answer = await home.cameraProxy("camera.front_door");
      return answer.status === 200 && answer;
    }, "a picture");
    assert.equal(shown.type, "image/jpeg");
    assert.deepEqual(shown.body, picture);
  });

  it("sends the switch's commands", async () => {
    const heard = runTool("mosquitto_sub", [
      "-p",
      String(port),
      "-C",
      "1",
      "-W",
      "20",
      "-t",
      "sightline/front/enabled/set",
    ]);
    // the subscription may come after the first commands
    const isHeard = heard.then(() => true);
    await until(async () => {
      await home.callService("switch", "turn_off", { entity_id: "switch.front_door_camera" });
      return Promise.race([isHeard, Promise.resolve(false)]);
    }, "the command");
    assert.equal((await heard).toString().trim(), "OFF");
  });

  it("remembers the device over a restart, and has no complaint", async () => {
    await home.restart();
    await untilState("switch.front_door_camera", "on");
    assert.deepEqual(complaints(home.log()), []);
  });

  it("complains about a key that a device message must not have", async () => {
    await publish("homeassistant/device/ab12_back/config", JSON.stringify({ ...device, retain: true }));
    const [complaint] = await until(() => complaints(home.log()).length > 0 && complaints(home.log()), "a complaint");
    assert.match(complaint ?? "", /Invalid MQTT device discovery payload[^]*retain/);
  });
});
