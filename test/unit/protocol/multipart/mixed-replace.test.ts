import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import {
  formatDelimiter,
  formatJpegPartHead,
  MixedReplaceDecoder,
  mjpegBoundary,
  type Part,
} from "../../../../src/protocol/multipart/mixed-replace.ts";
import { testAnyBytes, testAnyCut, testCodecTable, testMalformedTable } from "../../../support/codec-kit.ts";

const maxPartBytes = 10_000;

/** One part as a sender has it. */
interface Sent {
  readonly body: string;
  readonly extra: string;
  readonly isAnnounced: boolean;
}

function encode(parts: readonly Sent[]): Buffer {
  const pieces = parts.map(({ body, extra, isAnnounced }) => {
    return (
      formatJpegPartHead(isAnnounced ? body.length : undefined, extra) + body + formatDelimiter(mjpegBoundary, false)
    );
  });
  return Buffer.from(formatDelimiter(mjpegBoundary, true) + pieces.join(""), "latin1");
}

const create = (): MixedReplaceDecoder => new MixedReplaceDecoder(mjpegBoundary, maxPartBytes);

function decodeParts(bytes: Buffer): Part[] {
  const decoder = create();
  return [...decoder.push(bytes), ...decoder.end()];
}

/** What a receiver can tell of what was sent. */
function decode(bytes: Buffer): Sent[] {
  return decodeParts(bytes).map(({ headers, body, lengthBytes }) => {
    const extra = Object.entries(headers).filter(([name]) => !["content-type", "content-length"].includes(name));
    return {
      body: body.toString("latin1"),
      extra: extra.map(([name, value]) => `${name}: ${value}\r\n`).join(""),
      isAnnounced: lengthBytes !== undefined,
    };
  });
}

const line = `--${mjpegBoundary}\r\n`;
const cases = [
  { name: "nothing yet", value: [], bytes: Buffer.from(line) },
  {
    name: "one part, complete with the delimiter after it",
    value: [{ body: "one", extra: "x-frame-id: 7\r\n", isAnnounced: true }],
    bytes: Buffer.from(`${line}Content-Type: image/jpeg\r\nContent-Length: 3\r\nx-frame-id: 7\r\n\r\none\r\n${line}`),
  },
  {
    name: "parts without length",
    value: [
      { body: "one", extra: "", isAnnounced: false },
      { body: "", extra: "", isAnnounced: false },
    ],
    bytes: Buffer.from(
      `${line}Content-Type: image/jpeg\r\n\r\none\r\n${line}Content-Type: image/jpeg\r\n\r\n\r\n${line}`,
    ),
  },
];

testCodecTable("mixed-replace", { encode, decode }, cases);

testMalformedTable("mixed-replace", decodeParts, [
  {
    name: "no multipart at all",
    bytes: Buffer.from("GIF89a"),
    message: "no boundary where one must stand",
    status: 400,
  },
  { name: "another boundary", bytes: Buffer.from("--other\r\n"), message: "no boundary where one must stand" },
  {
    name: "a head that is none",
    bytes: Buffer.from(`${line}no colon here\r\n\r\n`),
    message: 'not a header line: "no colon here"',
  },
  {
    name: "a negative length",
    bytes: Buffer.from(`${line}Content-Length: -1\r\n\r\n`),
    message: 'Content-Length is "-1"',
  },
  {
    name: "too long a part, announced",
    bytes: Buffer.from(`${line}Content-Length: 10001\r\n\r\n`),
    message: "a part is over 10000 bytes",
    status: 413,
  },
  {
    name: "too long a part, not announced",
    bytes: Buffer.from(`${line}A: b\r\n\r\n${"x".repeat(11_000)}`),
    message: "a part is over 10000 bytes",
  },
  {
    name: "a part longer than it said",
    bytes: Buffer.from(`${line}Content-Length: 2\r\n\r\nabc`),
    message: "no boundary where one must stand",
  },
  {
    name: "an endless head",
    bytes: Buffer.from(`${line}${"x".repeat(9000)}`),
    message: "a part's head is over 8 KiB",
  },
]);

const seeds = cases.map(({ bytes }) => bytes);
testAnyBytes("mixed-replace", decodeParts, seeds);
testAnyCut("mixed-replace", create, seeds);

test("whatever the pictures, what is sent comes back", () => {
  const body = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString("latin1"));
  const part = fc.record(
    { body, extra: fc.constantFrom("", "x-timestamp: 1.5\r\n"), isAnnounced: fc.boolean() },
    { noNullPrototype: true },
  );
  fc.assert(
    fc.property(fc.array(part, { maxLength: 5 }), (parts) => {
      fc.pre(parts.every((sent) => sent.isAnnounced || !sent.body.includes(`--${mjpegBoundary}`)));
      assert.deepEqual(decode(encode(parts)), parts);
    }),
  );
});
