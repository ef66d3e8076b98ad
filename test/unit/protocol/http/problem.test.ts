import assert from "node:assert/strict";
import { test } from "node:test";
import {
  ConfigError,
  DeviceError,
  ProtocolError,
  StorageError,
  UnavailableError,
} from "../../../../src/core/errors.ts";
import { createProblem, HttpProblem, toProblem } from "../../../../src/protocol/http/problem.ts";

test("every kind of error has its answer", () => {
  const problems = [{ key: "controls.x", value: 1, allowed: "must be 2" }];
  const table: [Error, number, object, object][] = [
    [new ProtocolError("too big", 413), 413, { detail: "too big" }, {}],
    [new UnavailableError("later", 9), 503, { detail: "later" }, { "Retry-After": "9" }],
    [new DeviceError("busy", "in use"), 503, { detail: "in use", code: "busy" }, { "Retry-After": "5" }],
    [new ConfigError(problems), 422, { detail: "controls.x: is 1, must be 2", problems }, {}],
    [
      new HttpProblem(405, "no", { members: { key: "k" }, headers: { Allow: "GET" } }),
      405,
      { detail: "no", key: "k" },
      { Allow: "GET" },
    ],
  ];
  for (const [error, status, members, headers] of table) {
    const answer = toProblem(error, "/x");
    assert.equal(answer.expected, true);
    const { type, title, ...rest } = answer.problem;
    assert.equal(type, "about:blank");
    assert.ok(title.length > 0);
    assert.deepEqual(rest, { status, instance: "/x", ...members });
    assert.deepEqual(answer.headers, headers);
  }
});

test("what is our own fault says nothing but 500", () => {
  for (const error of [new Error("secret"), new StorageError("/secret"), new TypeError("x"), "text", undefined, null]) {
    assert.deepEqual(toProblem(error, "/x"), {
      problem: { type: "about:blank", title: "Internal Server Error", status: 500, instance: "/x" },
      headers: {},
      expected: false,
    });
  }
});

test("members cannot replace what the RFC registers", () => {
  const members = { status: 200, title: "fine", type: "mine", detail: "x", instance: "y", camera: "front" };
  assert.deepEqual(createProblem(404, "gone", members, "/z"), {
    type: "about:blank",
    title: "Not Found",
    status: 404,
    detail: "gone",
    instance: "/z",
    camera: "front",
  });
});
