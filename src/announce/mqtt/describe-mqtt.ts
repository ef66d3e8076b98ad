import { bridgeEntities } from "./discovery/bridge-entities.ts";
import { cameraEntities } from "./discovery/camera-entities.ts";
import type { Entity } from "./discovery/entity.ts";
import { bridgeTopics, cameraTopics, deviceNode, discoveryTopic, bridgeObject } from "./topics.ts";

const banner = "Generated from the sources by `npm run docs`; changes belong in `src/announce/mqtt/`.";

const topics = cameraTopics("BASE", "ID");
const bridge = bridgeTopics("BASE");

/** What each topic carries, in the order of the page. */
const published: readonly (readonly [topic: string, payload: string, how: string])[] = [
  [
    bridge.status,
    "`online`; `offline` after a stop, and by the broker (will) when the connection is lost",
    "1, retained",
  ],
  [bridge.bridge, "JSON: `id`, `version`, `host`, `url`, `cameras`, `started`", "1, retained"],
  [
    topics.availability,
    "`online` while the camera can be used; `offline` while it is lost or switched off",
    "1, retained",
  ],
  [
    topics.state,
    "JSON: `state` (starting, live, stalled, lost, idle, off), `reason`, `since`, `connected` (ON, OFF or null), `running` (ON, OFF)",
    "1, retained",
  ],
  [
    topics.stats,
    "JSON: `fps`, `bitrate` (kbit/s), `viewers`, `resolution`, `codec`, `dropped`, `restarts`, `last_error`",
    "1, retained",
  ],
  [topics.controls, "JSON: for every control `value` and `available` (whether it can be set now)", "1, retained"],
  [topics.attributes, "JSON: `stream_url`, `snapshot_url`; only where others can reach the server", "1, retained"],
  [topics.enabled, "`ON` or `OFF`: whether the camera may be used", "1, retained"],
  [topics.image, "The preview, JPEG; empty when the camera is switched off", "0; retained with `mqtt.preview.retain`"],
  [topics.snapshot, "The picture that was asked for, JPEG", "0"],
  [topics.motion, "`ON` or `OFF`; nothing where no movement is looked for", "1, retained"],
  [topics.event, "JSON with `event_type`: `motion_start` or `motion_end`", "1"],
];

const commands: readonly (readonly [topic: string, payload: string, effect: string])[] = [
  [topics.enabledSet, "`ON`, `OFF`", "Switches the camera on or off; remembered across restarts"],
  [
    topics.snapshotSet,
    "`PRESS` or empty",
    "Takes a picture now and publishes it; also to the response topic (MQTT 5), with the correlation data",
  ],
  [topics.restartSet, "`PRESS` or empty", "Closes the camera and opens it again"],
  [
    topics.controlSet("NAME"),
    "a number; `ON`, `OFF`; a menu's label or number; `PRESS`",
    "Sets one control; remembered for this camera",
  ],
  [topics.controlsSet, 'JSON: `{"brightness": 140}`', "Sets several controls, all or none"],
  [topics.resetControlsSet, "`PRESS` or empty", "Controls as after a fresh start; what was set since is forgotten"],
];

/** The reference of topics and entities. Markdown. */
export function describeMqtt(): string {
  return [
    "# MQTT reference",
    `<!-- ${banner} -->`,
    "How to set it up: [Home Assistant](../guides/home-assistant.md). `BASE` is `mqtt.baseTopic` (`sightline`), `PREFIX` is `mqtt.discoveryPrefix` (`homeassistant`), `ID` is what `/api/cameras` calls a camera, `NAME` is what `sightline controls` calls a control.",
    "## Published",
    table(["Topic", "Payload", "QoS"], published),
    "States are published when they change, and all of them once more at every connection and whenever Home Assistant starts. " +
      "For each camera that runs that is one preview every `mqtt.preview.intervalSeconds` (2 s) and `stats` at most every 10 s; " +
      "for an idle one, one preview every `mqtt.preview.idleSeconds` (60 s).",
    "## Commands",
    table(["Topic", "Payload", "Effect"], commands),
    "Commands with the retain flag are ignored: they may be of any age. (With MQTT 3.1.1 only those that the broker kept can be told apart.) " +
      "What is malformed or out of range is refused with a line in the log and changes nothing. " +
      "An answer to a snapshot has the content type `image/jpeg`, or `application/json` with `error` when there is no picture.",
    "## Discovery",
    `One message for each camera on \`${discoveryTopic("PREFIX", "BRIDGE", "ID")}\`, and one for Sightline itself on \`${discoveryTopic("PREFIX", "BRIDGE", bridgeObject)}\`: QoS 1, retained, in Home Assistant's device form (2024.11 or newer). \`BRIDGE\` is made once and kept in \`dataDir\`; identifiers are \`${deviceNode("BRIDGE")}_ID\` and that with an entity's key. After a change of a device the next message follows 10 s after the one before at the earliest.`,
    "Unless it says *always*, an entity is unavailable while its camera is lost or switched off; all are while Sightline is away.",
    "### Each camera",
    entityTable(cameraEntities, topics),
    "Each control is an entity, too, with the key `control_NAME`: a number, switch, select, button or text by its type, with the driver's range, step and menu. One that cannot be set is a sensor; one that an automatic mode has taken over, or that cannot be set while the camera runs, is unavailable. The usual ones (brightness, exposure, focus, zoom, white balance and the like) are enabled, the others disabled.",
    "### Sightline itself",
    entityTable(bridgeEntities, bridge),
    "",
  ].join("\n\n");
}

function entityTable<Topics>(entities: readonly Entity<Topics>[], given: Topics): string {
  const rows = entities.map(({ key, platform, doc, always, describe }) => {
    const { name, entity_category: category, enabled_by_default: enabled } = describe(given);
    const notes = [
      ...(category === undefined ? [] : [category]),
      ...(always ? ["always"] : []),
      ...(enabled === false ? ["disabled at first"] : []),
    ];
    return [`\`${key}\``, `\`${platform}\``, name ?? "(the camera's)", notes.join(", "), doc] as const;
  });
  return table(["Key", "Platform", "Name", "", "What"], rows);
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string =>
    `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
  const topicsAsCode = rows.map(([first = "", ...others]) => [
    first.startsWith("`") ? first : `\`${first}\``,
    ...others,
  ]);
  return [line(head), line(head.map(() => "---")), ...topicsAsCode.map(line)].join("\n");
}
