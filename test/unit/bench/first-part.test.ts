import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { FirstPart } from "../../bench/first-part.ts";

const head = "HTTP/1.1 200 OK\r\nContent-Type: multipart/x-mixed-replace; boundary=frame\r\n\r\n";
const part = "--frame\r\nContent-Type: image/jpeg\r\nContent-Length: 5\r\n\r\nimage";

/** How many bytes of `text`, cut after `size` bytes each, it took until the part was whole. */
function bytesNeeded(text: string, size: number): number | undefined {
  const first = new FirstPart();
  const bytes = Buffer.from(text);
  for (let at = 0; at < bytes.length; at += size) {
    if (first.push(bytes.subarray(at, at + size))) return Math.min(bytes.length, at + size);
  }
  return undefined;
}

test("the first part is whole with the last byte of its body, not before", () => {
  assert.equal(bytesNeeded(`${head}${part}\r\n--frame\r\n`, 1), head.length + part.length);
  assert.equal(bytesNeeded(`${head}${part}`.slice(0, -1), 1), undefined);
});

test("a header without a length is not a part", () => {
  assert.equal(bytesNeeded(head, 1), undefined);
});

test("the body of a refusal is not a part", () => {
  assert.equal(bytesNeeded("HTTP/1.1 503 Service Unavailable\r\nContent-Length: 5\r\n\r\nsorry", 1), undefined);
});

test("cutting the input anywhere gives the same answer", () => {
  const text = `${head}${part}`;
  fc.assert(
    fc.property(fc.integer({ min: 1, max: text.length }), (size) => {
      assert.equal(bytesNeeded(text, size), text.length);
    }),
  );
});
