import type { JsonObject } from "../../../support/home-assistant-model/json.ts";

/** The topic of {@link frontDoor}. */
export const frontDoorTopic = "homeassistant/device/sightline_ab12_front/config";

/** A camera with a bit of everything, as a sender would abbreviate it. */
export const frontDoor = {
  dev: {
    ids: ["sightline_ab12_front"],
    cns: [["mac", "02:00:5e:10:00:01"]],
    name: "Front door",
    mf: "Logitech",
    mdl: "HD Webcam C920",
    sn: "ab12",
    sw: "0.1.0",
    cu: "http://192.168.1.5:8080/",
  },
  o: { name: "Sightline", sw: "0.1.0", url: "https://example.org/sightline" },
  avty: [{ t: "sightline/status" }, { t: "sightline/front/availability" }],
  avty_mode: "all",
  qos: 0,
  cmps: {
    camera: {
      p: "camera",
      uniq_id: "front_camera",
      name: null,
      def_ent_id: "camera.front_door",
      t: "sightline/front/image",
      json_attr_t: "sightline/front/attributes",
    },
    motion: { p: "binary_sensor", uniq_id: "front_motion", dev_cla: "motion", stat_t: "sightline/front/motion" },
    connected: {
      p: "binary_sensor",
      uniq_id: "front_connected",
      dev_cla: "connectivity",
      ent_cat: "diagnostic",
      stat_t: "sightline/front/connected",
      avty: [{ t: "sightline/status" }],
    },
    fps: {
      p: "sensor",
      uniq_id: "front_fps",
      name: "Frame rate",
      stat_t: "sightline/front/stats",
      val_tpl: "{{ value_json.fps }}",
      unit_of_meas: "fps",
      stat_cla: "measurement",
      sug_dsp_prc: 1,
      ent_cat: "diagnostic",
    },
    streaming: {
      p: "switch",
      uniq_id: "front_streaming",
      name: "Camera",
      stat_t: "sightline/front/enabled",
      cmd_t: "sightline/front/enabled/set",
    },
    brightness: {
      "~": "sightline/front/controls",
      p: "number",
      uniq_id: "front_brightness",
      name: "Brightness",
      stat_t: "~/brightness",
      cmd_t: "~/brightness/set",
      min: 0,
      max: 255,
      step: 1,
      mode: "slider",
      ent_cat: "config",
    },
    flicker: {
      p: "select",
      uniq_id: "front_flicker",
      name: "Power line",
      stat_t: "sightline/front/flicker",
      cmd_t: "sightline/front/flicker/set",
      ops: ["50 Hz", "60 Hz"],
      ent_cat: "config",
      en: false,
    },
    restart: { p: "button", uniq_id: "front_restart", dev_cla: "restart", cmd_t: "sightline/front/restart", qos: 1 },
    happened: {
      p: "event",
      uniq_id: "front_event",
      name: "Motion event",
      dev_cla: "motion",
      stat_t: "sightline/front/event",
      evt_typ: ["motion_start", "motion_end"],
    },
    last: {
      p: "image",
      uniq_id: "front_last",
      name: "Last motion",
      img_t: "sightline/front/last",
      cont_type: "image/jpeg",
    },
    codec: {
      p: "sensor",
      uniq_id: "front_codec",
      name: "Codec",
      stat_t: "sightline/front/stats",
      val_tpl: "{{ value_json['codec'] }}",
      dev_cla: "enum",
      ops: ["mjpeg", "h264"],
    },
    rate: {
      p: "sensor",
      uniq_id: "front_rate",
      name: "Bit rate",
      stat_t: "sightline/front/rate",
      dev_cla: "data_rate",
      unit_of_meas: "kbit/s",
      exp_aft: 60,
    },
    since: {
      p: "sensor",
      uniq_id: "front_since",
      name: "Since",
      stat_t: "sightline/front/since",
      dev_cla: "timestamp",
    },
  },
} satisfies JsonObject;

export type ComponentId = keyof typeof frontDoor.cmps;

/** {@link frontDoor} with other top-level keys. */
export function frontDoorWith(changes: JsonObject): JsonObject {
  return { ...frontDoor, ...changes };
}

/** {@link frontDoor} with keys of one component changed; undefined takes a key out. */
export function frontDoorWithComponent(
  id: ComponentId,
  changes: Record<string, JsonObject[string] | undefined>,
): string {
  const component = { ...frontDoor.cmps[id], ...changes };
  return JSON.stringify(frontDoorWith({ cmps: { ...frontDoor.cmps, [id]: JSON.parse(JSON.stringify(component)) } }));
}
