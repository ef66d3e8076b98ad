// What every parser of the house has to stand: one table both ways, a table of malformed input with the exact error, and
// fast-check properties. Each function registers its tests with node:test under the given name.
import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { ProtocolError } from "../../src/core/errors.ts";

/** No input of this kit (a few kilobytes) may cost more CPU than this, so that a parser gone quadratic is found. */
const MAX_CPU_MS_PER_INPUT = 500;

/** One thing and its bytes. */
export interface CodecCase<T> {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly value: T;
}

/** Bytes that must be refused, and the whole text of the refusal. */
export interface MalformedCase {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly message: string;
  /** Checked when given. */
  readonly status?: number;
}

/** The two halves of a codec; text codecs wrap theirs with `Buffer.from` and `toString`. */
export interface Codec<T> {
  decode(bytes: Buffer): T;
  encode(value: T): Uint8Array;
}

/** Something that takes input in pieces and gives items as soon as they are complete. */
export interface ChunkedParser<T> {
  push(chunk: Buffer): readonly T[];
  /** The input is over: what is left, or a ProtocolError. */
  end?(): readonly T[];
}

/** Every case decodes to its value and encodes to its bytes. */
export function testCodecTable<T>(name: string, codec: Codec<T>, cases: readonly CodecCase<T>[]): void {
  for (const { name: caseName, bytes, value } of cases) {
    test(`${name}: decodes ${caseName}`, () => assert.deepEqual(codec.decode(Buffer.from(bytes)), value));
    test(`${name}: encodes ${caseName}`, () => assertSameBytes(codec.encode(value), bytes));
  }
}

/** Every case is refused with a ProtocolError of exactly this message (and status). */
export function testMalformedTable(
  name: string,
  decode: (bytes: Buffer) => unknown,
  cases: readonly MalformedCase[],
): void {
  for (const { name: caseName, bytes, message, status } of cases) {
    test(`${name}: refuses ${caseName}`, () => {
      assert.throws(
        () => decode(Buffer.from(bytes)),
        (error) => {
          assert.ok(error instanceof ProtocolError, `threw ${String(error)}, which is no ProtocolError`);
          assert.equal(error.message, message);
          if (status !== undefined) assert.equal(error.status, status);
          return true;
        },
      );
    });
  }
}

/**
 * Any bytes decode or throw a ProtocolError, nothing else, quickly. `seeds` are valid inputs: they are also tried cut,
 * with bytes changed and glued together, because random bytes alone seldom come past the first check.
 */
export function testAnyBytes(
  name: string,
  decode: (bytes: Buffer) => unknown,
  seeds: readonly Uint8Array[] = [],
): void {
  test(`${name}: any bytes decode or throw ProtocolError`, () => {
    fc.assert(
      fc.property(anyInput(seeds), (bytes) => {
        decodesOrRefuses(() => decode(bytes));
      }),
    );
  });
}

/**
 * However the input is cut, the parser gives the same items and ends with the same error (if any) as when it gets the
 * input in one piece, and quickly. `create` makes a fresh parser; `seeds` as in {@link testAnyBytes}.
 */
export function testAnyCut<T>(name: string, create: () => ChunkedParser<T>, seeds: readonly Uint8Array[] = []): void {
  const cutInput = fc.tuple(anyInput(seeds), fc.array(fc.nat(), { maxLength: 12 }));
  test(`${name}: any cutting of any bytes gives the same result`, () => {
    fc.assert(
      fc.property(cutInput, ([bytes, cuts]) => {
        assert.deepEqual(parseInPieces(create(), cutAt(bytes, cuts)), parseInPieces(create(), [bytes]));
      }),
    );
  });
  for (const [index, seed] of seeds.entries()) {
    test(`${name}: seed ${index} byte by byte gives the same result`, () => {
      const bytes = Buffer.from(seed);
      const single = Array.from(bytes, (_, offset) => bytes.subarray(offset, offset + 1));
      assert.deepEqual(parseInPieces(create(), single), parseInPieces(create(), [bytes]));
    });
  }
}

/** Random bytes, seeds, and seeds cut, changed and glued. */
export function anyInput(seeds: readonly Uint8Array[]): fc.Arbitrary<Buffer> {
  const random = fc.uint8Array({ maxLength: 512 }).map((bytes) => Buffer.from(bytes));
  if (seeds.length === 0) return random;
  const seed = fc.constantFrom(...seeds).map((bytes) => Buffer.from(bytes));
  const cut = fc
    .tuple(seed, fc.nat(), fc.nat())
    .map(([bytes, from, to]) => bytes.subarray(from % (bytes.length + 1), to % (bytes.length + 1)));
  const change = fc.tuple(fc.nat(), fc.integer({ min: 0, max: 255 }));
  const changed = fc.tuple(seed, fc.array(change, { minLength: 1, maxLength: 8 })).map(([bytes, changes]) => {
    for (const [at, value] of changes) bytes[at % bytes.length] = value;
    return bytes;
  });
  const piece = fc.oneof(seed, cut, changed, random);
  return fc.oneof(
    random,
    cut,
    changed,
    fc.array(piece, { maxLength: 4 }).map((pieces) => Buffer.concat(pieces)),
  );
}

function cutAt(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const edges = [0, ...cuts.map((cut) => cut % (bytes.length + 1)).sort((a, b) => a - b), bytes.length];
  return edges.slice(1).map((edge, index) => bytes.subarray(edges[index], edge));
}

/** Every chunk is a buffer of its own that is wiped afterwards: who keeps a view of it is found out. */
function parseInPieces<T>(parser: ChunkedParser<T>, chunks: readonly Buffer[]): { items: T[]; error: string } {
  const items: T[] = [];
  const error = decodesOrRefuses(() => {
    for (const chunk of chunks) {
      const own = Buffer.from(chunk);
      items.push(...structuredClone(parser.push(own)));
      own.fill(0xaa);
    }
    if (parser.end) items.push(...parser.end());
  });
  return { items, error: error?.message ?? "" };
}

function decodesOrRefuses(decode: () => void): ProtocolError | undefined {
  const before = process.cpuUsage();
  try {
    decode();
    return undefined;
  } catch (error) {
    if (error instanceof ProtocolError) return error;
    throw error;
  } finally {
    const spent = process.cpuUsage(before);
    const cpuMs = (spent.user + spent.system) / 1000;
    assert.ok(cpuMs < MAX_CPU_MS_PER_INPUT, `one input took ${cpuMs} ms of CPU`);
  }
}

function assertSameBytes(actual: Uint8Array, expected: Uint8Array): void {
  assert.equal(Buffer.from(actual).toString("hex"), Buffer.from(expected).toString("hex"));
}
