import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { describeSchema, parseQuery } from "../../../../src/protocol/http/query.ts";
import { HttpProblem } from "../../../../src/protocol/http/problem.ts";
import type { QueryParameter } from "../../../../src/protocol/http/route.ts";

const schemas = {
  rate: { type: "number", minimum: 0.1, maximum: 60 },
  age: { type: "integer", minimum: 0 },
  dual: { type: "boolean" },
  key: { type: "string", maxLength: 5 },
  id: { type: "string", pattern: "^[a-z]+$" },
} as const;

const parameters: QueryParameter[] = Object.entries(schemas).map(([name, schema]) => ({
  name,
  description: "",
  schema,
}));

const good: [query: string, values: object][] = [
  ["", {}],
  ["rate=0.1", { rate: 0.1 }],
  ["rate=60", { rate: 60 }],
  ["rate=.5", { rate: 0.5 }],
  ["rate=%2B5.", { rate: 5 }],
  ["age=0", { age: 0 }],
  ["age=9007199254740991", { age: 9007199254740991 }],
  ["dual", { dual: true }],
  ["dual=", { dual: true }],
  ["dual=YES", { dual: true }],
  ["dual=off", { dual: false }],
  ["key=", { key: "" }],
  ["key=a+b", { key: "a b" }],
  ["id=abc&id=def", { id: "def" }],
  ["1732099200.5&nocache=1&__proto__=1&constructor=2", {}],
];

for (const [query, values] of good) {
  test(`reads ?${query}`, () => {
    const parsed = parseQuery(parameters, query);
    assert.deepEqual({ ...parsed }, values);
  });
}

const bad: [query: string, key: string][] = [
  ["rate=0", "rate"],
  ["rate=60.01", "rate"],
  ["rate=", "rate"],
  ["rate=1e1", "rate"],
  ["rate=0x10", "rate"],
  ["rate=NaN", "rate"],
  ["rate=Infinity", "rate"],
  ["rate=5%20", "rate"],
  ["age=-1", "age"],
  ["age=1.5", "age"],
  ["age=9007199254740992", "age"],
  ["dual=2", "dual"],
  ["dual=toString", "dual"],
  ["key=abcdef", "key"],
  ["id=", "id"],
  ["id=A", "id"],
  ["id=abc&id=1", "id"],
];

for (const [query, key] of bad) {
  test(`refuses ?${query} and names ${key}`, () => {
    assert.throws(
      () => parseQuery(parameters, query),
      (error) => error instanceof HttpProblem && error.status === 400 && error.members["key"] === key,
    );
  });
}

test("names every key that is wrong", () => {
  assert.throws(() => parseQuery(parameters, "rate=x&dual=y&age=1"), {
    message: 'rate is "x", must be a number from 0.1 to 60; dual is "y", must be 1, true, yes, on, 0, false, no or off',
  });
});

test("says what a schema allows", () => {
  assert.equal(describeSchema({ type: "integer" }), "must be a whole number");
  assert.equal(describeSchema({ type: "integer", maximum: 5 }), "must be a whole number to 5");
  assert.equal(describeSchema({ type: "string" }), "must be text");
  assert.equal(describeSchema(schemas.key), "must be text of at most 5 characters");
  assert.equal(describeSchema(schemas.id), "must match ^[a-z]+$");
});

test("any query is read or refused, and what is read obeys its schema", () => {
  const pair = fc.tuple(fc.constantFrom(...Object.keys(schemas), "other", "__proto__"), fc.string());
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.array(pair).map((pairs) => new URLSearchParams(pairs).toString()),
      ),
      (query) => {
        let parsed;
        try {
          parsed = parseQuery(parameters, query);
        } catch (error) {
          assert.ok(error instanceof HttpProblem && error.status === 400);
          return;
        }
        const { rate = 1, age = 0, dual = true, key = "", id = "a", ...rest } = parsed;
        assert.deepEqual(rest, {});
        assert.ok(typeof rate === "number" && rate >= 0.1 && rate <= 60);
        assert.ok(typeof age === "number" && Number.isSafeInteger(age) && age >= 0);
        assert.ok(typeof dual === "boolean");
        assert.ok(typeof key === "string" && key.length <= 5);
        assert.ok(typeof id === "string" && /^[a-z]+$/.test(id));
      },
    ),
  );
});

test("every number in range is read as itself", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0 }), (age) => {
      assert.equal(parseQuery(parameters, `age=${age}`)["age"], age);
    }),
  );
});
