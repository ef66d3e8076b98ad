import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { checkDiscovery } from "../../../support/home-assistant-model/check-discovery.ts";
import { expandDiscovery } from "../../../support/home-assistant-model/expand-discovery.ts";
import { type Json, type JsonObject, isJsonObject } from "../../../support/home-assistant-model/json.ts";
import { anyInput } from "../../../support/codec-kit.ts";
import { frontDoor, frontDoorTopic } from "./front-door.ts";

const payload = Buffer.from(JSON.stringify(frontDoor));
const expanded = expandDiscovery(frontDoor);

/** Everything that HA asks for, as paths into the expanded message. */
const requiredPaths = [
  ["device"],
  ["origin"],
  ["components"],
  ["device", "name"],
  ["origin", "name"],
  ["availability", "1", "topic"],
  ...Object.keys(frontDoor.cmps).map((id) => ["components", id, "platform"]),
  ...Object.keys(frontDoor.cmps).map((id) => ["components", id, "unique_id"]),
  ...["motion", "connected", "fps", "happened", "codec", "rate"].map((id) => ["components", id, "state_topic"]),
  ...["streaming", "brightness", "flicker", "restart"].map((id) => ["components", id, "command_topic"]),
  ["components", "camera", "topic"],
  ["components", "last", "image_topic"],
  ["components", "flicker", "options"],
  ["components", "codec", "options"],
  ["components", "happened", "event_types"],
];

test("any bytes get complaints or none, never an exception", () => {
  fc.assert(
    fc.property(anyInput([payload]), (bytes) => {
      assert.ok(checkDiscovery(frontDoorTopic, bytes).every((complaint) => complaint.includes(": ")));
    }),
  );
});

test("any topic and any JSON get complaints or none, never an exception", () => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.constant(frontDoorTopic)), fc.json(), (topic, json) => {
      checkDiscovery(topic, json);
    }),
  );
});

test("any value in the place of any value gets complaints or none, never an exception", () => {
  const values = [...walk(frontDoor)];
  fc.assert(
    fc.property(fc.constantFrom(...values), fc.jsonValue(), (path, value) => {
      checkDiscovery(frontDoorTopic, JSON.stringify(replaceAt(frontDoor, path, JSON.parse(JSON.stringify(value)))));
    }),
  );
});

test("any key more at the top, in device or in origin is a complaint", () => {
  const short = { ...topKeys(), ...deviceKeys() };
  const known = new Set([...Object.keys(short), ...Object.keys(expandDiscovery(short)), ...Object.keys(expanded)]);
  const key = fc.string({ minLength: 1 }).filter((name) => !known.has(name) && name !== "__proto__");
  fc.assert(
    fc.property(fc.constantFrom([], ["device"], ["origin"]), key, fc.jsonValue(), (at, name, value) => {
      const path = [...at, name];
      const complaints = checkDiscovery(frontDoorTopic, JSON.stringify(replaceAt(expanded, path, toJson(value))));
      assert.ok(
        complaints.some((complaint) => complaint.endsWith(": unknown key")),
        String(complaints),
      );
    }),
  );
});

test("each key that is required is missed", () => {
  for (const path of requiredPaths) {
    assert.notDeepEqual(at(expanded, path), undefined, path.join("."));
    const complaints = checkDiscovery(frontDoorTopic, JSON.stringify(replaceAt(expanded, path, undefined)));
    assert.ok(
      complaints.some((complaint) => complaint.startsWith(path.join(".")) && complaint.includes("required")),
      `${path.join(".")}: ${complaints.join("; ")}`,
    );
  }
});

test("abbreviated and written out, a message gets the same complaints", () => {
  const values = [...walk(frontDoor)];
  fc.assert(
    fc.property(fc.constantFrom(...values), fc.jsonValue(), (path, value) => {
      const message = replaceAt(frontDoor, path, toJson(value));
      if (!isJsonObject(message)) return;
      const long = expandDiscovery(message);
      assert.deepEqual(
        [...checkDiscovery(frontDoorTopic, JSON.stringify(message))].sort(),
        [...checkDiscovery(frontDoorTopic, JSON.stringify(long))].sort(),
      );
    }),
  );
});

test("expanding what is expanded changes nothing", () => {
  const seeded = fc
    .constantFrom(...walk(frontDoor))
    .chain((path) => fc.jsonValue().map((value) => replaceAt(frontDoor, path, toJson(value))));
  fc.assert(
    fc.property(fc.oneof(seeded, fc.dictionary(fc.string(), fc.jsonValue()).map(toJson)), (message) => {
      if (!isJsonObject(message)) return;
      assert.deepEqual(expandDiscovery(expandDiscovery(message)), expandDiscovery(message));
    }),
  );
});

/** Paths of everything below `value`. */
function* walk(value: Json, path: readonly string[] = []): Generator<readonly string[]> {
  if (typeof value !== "object" || value === null) return;
  for (const [key, inner] of Object.entries(value)) {
    yield [...path, key];
    yield* walk(inner, [...path, key]);
  }
}

function at(value: Json | undefined, path: readonly string[]): Json | undefined {
  const [key, ...deeper] = path;
  if (key === undefined) return value;
  return at(Object.entries(value ?? {}).find(([name]) => name === key)?.[1], deeper);
}

/** A copy with one value replaced, added or (undefined) taken out. */
function replaceAt(value: Json, path: readonly string[], by: Json | undefined): Json {
  const [key, ...deeper] = path;
  if (key === undefined || typeof value !== "object" || value === null) return by ?? null;
  const entries: [string, Json][] = Object.entries(value).filter(([name]) => name !== key);
  const inner = deeper.length > 0 ? replaceAt(at(value, [key]) ?? null, deeper, by) : by;
  const changed = inner === undefined ? entries : [...entries, [key, inner] satisfies [string, Json]];
  return Array.isArray(value) ? changed.map(([, element]) => element) : Object.fromEntries(changed);
}

function toJson(value: unknown): Json {
  const json: Json = JSON.parse(JSON.stringify(value));
  return json;
}

function topKeys(): JsonObject {
  const names = ["avty_t", "avty_tpl", "pl_avail", "pl_not_avail", "stat_t", "cmd_t", "e", "avty", "dev", "o", "cmps"];
  return Object.fromEntries(["avty_mode", ...names].flatMap((name) => [[name, null]]));
}

function deviceKeys(): JsonObject {
  const names = "cu cns ids mf mdl mdl_id hw sw sa sn url name manufacturer model model_id hw_version sw_version";
  const long = "serial_number suggested_area via_device configuration_url identifiers connections support_url";
  return Object.fromEntries(`${names} ${long}`.split(" ").map((name) => [name, null]));
}
