import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ProtocolError } from "../../../../src/core/errors.ts";
import {
  formatDelimiter,
  formatJpegPartHead,
  MixedReplaceDecoder,
  mjpegBoundary,
  type Part,
} from "../../../../src/protocol/multipart/mixed-replace.ts";

const maxPartBytes = 10_000;

function encode(bodies: readonly Uint8Array[], announce: boolean): Buffer {
  const pieces: (string | Uint8Array)[] = [formatDelimiter(mjpegBoundary, true)];
  for (const body of bodies) {
    pieces.push(formatJpegPartHead(announce ? body.length : undefined, "X-Frame-Id: 7\r\n"), body);
    pieces.push(formatDelimiter(mjpegBoundary, false));
  }
  return Buffer.concat(pieces.map((piece) => (typeof piece === "string" ? Buffer.from(piece, "latin1") : piece)));
}

function decode(stream: Buffer, cuts: readonly number[] = []): Part[] {
  const decoder = new MixedReplaceDecoder(mjpegBoundary, maxPartBytes);
  const at = [0, ...cuts.map((cut) => cut % (stream.length + 1)).sort((a, b) => a - b), stream.length];
  return at.slice(1).flatMap((end, index) => decoder.push(stream.subarray(at[index], end)));
}

test("what is formatted reads back", () => {
  const [first, second, ...rest] = decode(encode([Buffer.from("one"), Buffer.from("")], true));
  assert.equal(first?.body.toString(), "one");
  assert.deepEqual(first?.headers, { "content-type": "image/jpeg", "content-length": "3", "x-frame-id": "7" });
  assert.equal(second?.body.length, 0);
  assert.equal(rest.length, 0);
});

test("a part is complete with the bytes of one write", () => {
  const stream = encode([Buffer.from("one")], true);
  assert.equal(decode(stream).length, 1);
});

const malformed: readonly (readonly [string, string])[] = [
  ["GIF89a", "no boundary where one must stand"],
  ["--other\r\n", "no boundary where one must stand"],
  [`--${mjpegBoundary}\r\nno colon here\r\n\r\n`, 'not a header line: "no colon here"'],
  [`--${mjpegBoundary}\r\nContent-Length: -1\r\n\r\n`, 'Content-Length is "-1"'],
  [`--${mjpegBoundary}\r\nContent-Length: 10001\r\n\r\n`, "a part is over 10000 bytes"],
  [`--${mjpegBoundary}\r\nContent-Length: 2\r\n\r\nabc`, "no boundary where one must stand"],
  [`--${mjpegBoundary}\r\n${"x".repeat(9000)}`, "a part's head is over 8 KiB"],
  [`--${mjpegBoundary}\r\nA: b\r\n\r\n${"x".repeat(11_000)}`, "a part is over 10000 bytes"],
];

for (const [text, message] of malformed) {
  test(`refused: ${JSON.stringify(text.slice(0, 50))}`, () => {
    assert.throws(() => decode(Buffer.from(text)), { name: "ProtocolError", message });
  });
}

const bodies = fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 5 });

test("any chunking gives the same parts", () => {
  fc.assert(
    fc.property(bodies, fc.boolean(), fc.array(fc.nat(), { maxLength: 20 }), (list, announce, cuts) => {
      fc.pre(announce || list.every((body) => !Buffer.from(body).includes(`--${mjpegBoundary}`)));
      const parts = decode(encode(list, announce), cuts);
      assert.deepEqual(
        parts.map(({ body }) => [...body]),
        list.map((body) => [...body]),
      );
    }),
  );
});

test("any bytes are read or refused with a ProtocolError, whole or in pieces", () => {
  const start = fc.constantFrom("", `--${mjpegBoundary}\r\n`, `--${mjpegBoundary}\r\nContent-Length: 3\r\n\r\n`);
  fc.assert(
    fc.property(start, fc.uint8Array({ maxLength: 400 }), fc.array(fc.nat(), { maxLength: 8 }), (head, bytes, cuts) => {
      const stream = Buffer.concat([Buffer.from(head), bytes]);
      const outcomes = [[], cuts].map((at) => {
        try {
          return decode(stream, at).length;
        } catch (error) {
          assert.ok(error instanceof ProtocolError);
          return error.message;
        }
      });
      assert.equal(typeof outcomes[0], typeof outcomes[1]);
    }),
  );
});
