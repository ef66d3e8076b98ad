import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { explainFailure, explainReasonCode } from "../../../../src/announce/mqtt/explain-mqtt.ts";

const withCode = (code: number | string, message = "as the library says"): Error =>
  Object.assign(new Error(message), { code });

const table: readonly (readonly [error: unknown, kind: string, reason: string])[] = [
  [withCode(1), "version", "does not speak this version of MQTT"],
  [withCode(132), "version", "does not speak this version of MQTT"],
  [withCode(2), "refused", "refuses the client id: set another mqtt.clientId"],
  [withCode(4), "refused", "refuses user or password: check mqtt.username and mqtt.password"],
  [withCode(134), "refused", "refuses user or password: check mqtt.username and mqtt.password"],
  [withCode(135), "refused", "does not let this user in: check mqtt.username, mqtt.password and its access list"],
  [withCode(139), "unreachable", "is shutting down"],
  [
    withCode(142),
    "refused",
    "gave our connection to another client with the same client id: give each its own mqtt.clientId",
  ],
  [withCode(149), "unreachable", "ended the connection: a message was too large for it"],
  [withCode(999), "unreachable", "ended the connection (reason 999)"],
  [withCode("ECONNREFUSED"), "unreachable", "nothing listens there: is the broker running, and is the port right?"],
  [withCode("ENOTFOUND"), "unreachable", "its name is not known: check mqtt.url"],
  [withCode("ECONNRESET"), "unreachable", "closed the connection"],
  [
    withCode("DEPTH_ZERO_SELF_SIGNED_CERT"),
    "refused",
    "has a certificate of its own making: name it, or who signed it, in mqtt.ca",
  ],
  [withCode("CERT_HAS_EXPIRED"), "refused", "has a certificate that has expired"],
  [withCode("ERR_TLS_CERT_ALTNAME_INVALID"), "refused", "has a certificate for another name than the one in mqtt.url"],
  [new Error("connack timeout"), "unreachable", "does not answer as an MQTT broker would"],
  [new Error("Keepalive timeout"), "unreachable", "has stopped answering"],
  [withCode("ENEW", "something new"), "unreachable", "something new"],
  ["a text", "unreachable", "a text"],
];

describe("explaining failures", () => {
  for (const [error, kind, reason] of table) {
    it(`${error instanceof Error && "code" in error ? String(error.code) : String(error)}: ${reason}`, () => {
      assert.deepEqual(explainFailure(error), { kind, reason });
    });
  }

  it("finds words for anything", () => {
    fc.assert(
      fc.property(
        fc.oneof(
          fc.anything(),
          fc.constantFrom({ toString: "" }, Object.create(null), "words"),
          fc.constantFrom("constructor", "__proto__", "ENOTFOUND").map((code) => withCode(code)),
          fc.integer().map((code) => withCode(code)),
        ),
        (error) => {
          assert.equal(typeof explainFailure(error).reason, "string");
          assert.equal(typeof explainReasonCode(error), "string");
        },
      ),
    );
  });

  it("tells what the access list forbids from other refusals", () => {
    assert.equal(explainReasonCode(withCode(135)), "its access list does not allow it");
    assert.equal(explainReasonCode(withCode(128)), "its access list does not allow it");
    assert.equal(explainReasonCode(withCode(151, "Publish error: Quota exceeded")), "Publish error: Quota exceeded");
  });
});
