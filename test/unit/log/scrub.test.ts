/* oxlint-disable no-control-regex -- control characters are what this is about */
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { toPrintable } from "../../../src/log/printable.ts";
import { createScrubber } from "../../../src/log/scrub.ts";

const scrubber = createScrubber(["hunter2", "hunter2-and-more", "abc"]);

test("secrets are hidden wherever they stand, the longest first", () => {
  assert.equal(scrubber.text("with hunter2-and-more, hunter2 and abc"), "with (hidden), (hidden) and abc");
  assert.deepEqual(scrubber.fields({ a: { b: ["x hunter2"] }, hunter2: 1 }), {
    a: { b: ["x (hidden)"] },
    "(hidden)": 1,
  });
});

test("fields with telling names and credentials in URLs are hidden", () => {
  const fields = {
    password: "x",
    mqttPassword: 1,
    headers: { Authorization: "Basic x", cookie: ["s"] },
    apiKey: {},
    token: undefined,
  };
  assert.deepEqual(scrubber.fields(fields), {
    password: "(hidden)",
    mqttPassword: "(hidden)",
    headers: { Authorization: "(hidden)", cookie: "(hidden)" },
    apiKey: "(hidden)",
    token: undefined,
  });
  assert.equal(scrubber.text("rtsp://me:pw@h/x and http://h/a@b"), "rtsp://(hidden)@h/x and http://h/a@b");
});

test("errors keep type, code, frames and cause; their message cannot forge a line", () => {
  const error = Object.assign(new Error("bad\nINFO: forged", { cause: new TypeError("hunter2") }), { code: "EIO" });
  const { err } = scrubber.fields({ err: error }) as { err: Record<string, unknown> };
  assert.equal(err["type"], "Error");
  assert.equal(err["message"], "bad\\nINFO: forged");
  assert.equal(err["code"], "EIO");
  assert.match(String(err["stack"]), /^Error: bad\\nINFO: forged\n {4}at /);
  assert.doesNotMatch(JSON.stringify(err), /hunter2/);
});

test("what JSON cannot say becomes something it can", () => {
  const circle: Record<string, unknown> = {};
  circle["self"] = circle;
  const fields = { n: 5n, bytes: Buffer.alloc(3), map: new Map([["a", 1]]), circle };
  const shown = scrubber.fields(fields);
  assert.deepEqual([shown["n"], shown["bytes"], shown["map"]], ["5", "(3 bytes)", { a: 1 }]);
  assert.match(JSON.stringify(shown), /\(…\)/);
});

test("any text becomes one line without control characters, and ordinary text stays as it is", () => {
  fc.assert(
    fc.property(
      fc.string({ unit: "binary" }),
      (text) => !/[\u0000-\u001f\u007f-\u009f\u2028-\u202e]/.test(toPrintable(text)),
    ),
  );
  assert.equal(toPrintable('Tür, 門, \u{1f600} \\ "x"'), 'Tür, 門, \u{1f600} \\ "x"');
  assert.equal(toPrintable("a\tb\r\nc\u001b[31m\u202e"), "a\\tb\\r\\nc\\u001b[31m\\u202e");
});
