import assert from "node:assert/strict";
import { test } from "node:test";
import { parseBrokerAddress } from "../../../../src/announce/mqtt/broker-address.ts";

const table: readonly (readonly [url: string, name: string, username?: string | undefined, password?: string])[] = [
  ["mqtt://broker", "mqtt://broker:1883"],
  ["mqtts://broker", "mqtts://broker:8883"],
  ["mqtt://192.0.2.1:1884/", "mqtt://192.0.2.1:1884"],
  ["mqtt://[2001:db8::1]", "mqtt://[2001:db8::1]:1883"],
  ["ws://broker/mqtt", "ws://broker:80/mqtt"],
  ["wss://broker", "wss://broker:443/"],
  ["mqtt://user:secret@broker", "mqtt://broker:1883", "user", "secret"],
  ["mqtt://us%40er:se%3Acr%2Fet@broker:1", "mqtt://broker:1", "us@er", "se:cr/et"],
  ["mqtt://user:100%@broker", "mqtt://broker:1883", "user", "100%"],
  ["mqtt://user@broker", "mqtt://broker:1883", "user"],
  ["mqtt://:secret@broker/path?query", "mqtt://broker:1883", undefined, "secret"],
];

for (const [url, name, username, password] of table) {
  test(`${url} is ${name}`, () => {
    const isEncrypted = url.startsWith("mqtts") || url.startsWith("wss");
    assert.deepEqual(parseBrokerAddress(url), { name, isEncrypted, username, password });
  });
}
