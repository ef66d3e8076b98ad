import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { describe, test } from "node:test";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import sharp from "sharp";
import { HandFedCamera } from "../support/hand-fed-camera.ts";

/** One consumer of an output under test. */
export interface Consumer {
  /** The next picture that this consumer gets. */
  picture(): Promise<Buffer>;
  close(): void;
}

/** An output that was started for one camera. */
export interface RunningOutput {
  /** A consumer that reads everything. Resolves when it will see the next published frame. */
  connect(): Promise<Consumer>;
  /** A consumer that asks and then reads nothing; absent for outputs whose answers end by themselves. */
  connectStalled?(): Promise<Socket>;
  stop(): Promise<void>;
}

/** How to start an output for the suite. */
export interface OutputUnderTest {
  readonly name: string;
  /** Whether a consumer gets one picture after the other, and can stall. */
  readonly isStream: boolean;
  start(camera: HandFedCamera): Promise<RunningOutput>;
}

const colours = ["red", "green", "blue", "white", "black", "orange", "purple", "yellow"] as const;

async function makePictures(): Promise<Buffer[]> {
  const create = { width: 64, height: 48, channels: 3 } as const;
  return Promise.all(
    colours.map((background) =>
      sharp({ create: { ...create, background } })
        .jpeg()
        .toBuffer(),
    ),
  );
}

/** What every output promises, whatever it speaks. */
export function describeOutputContract(output: OutputUnderTest): void {
  describe(`${output.name} keeps the contract of outputs`, () => {
    test("the first picture decodes", async (t) => {
      const camera = new HandFedCamera("front");
      const [first] = await makePictures();
      assert.ok(first);
      const running = await output.start(camera);
      t.after(() => running.stop());
      camera.show(first);
      const consumer = await running.connect();
      const shown = consumer.picture();
      camera.show(first);
      const { width, height } = await sharp(await shown).metadata();
      assert.deepEqual([width, height], [64, 48]);
      consumer.close();
    });

    test("ten consumers get the same picture", async (t) => {
      const camera = new HandFedCamera("front");
      const [first, second] = await makePictures();
      assert.ok(first && second);
      const running = await output.start(camera);
      t.after(() => running.stop());
      camera.show(first);
      const consumers: Consumer[] = [];
      for (let index = 0; index < 10; index += 1) consumers.push(await running.connect());
      const shown = consumers.map((consumer) => consumer.picture());
      camera.show(second);
      for (const picture of await Promise.all(shown)) assert.ok(picture.equals(second));
      for (const consumer of consumers) consumer.close();
    });

    if (output.isStream) describeStreamContract(output);

    test("a camera's restart is survived", async (t) => {
      const camera = new HandFedCamera("front");
      const [first, second] = await makePictures();
      assert.ok(first && second);
      const running = await output.start(camera);
      t.after(() => running.stop());
      camera.show(first);
      let consumer = await running.connect();
      camera.lose("unplugged");
      if (!output.isStream) consumer = await running.connect(); // one answer each: the one before was told
      const shown = consumer.picture();
      camera.show(second);
      assert.ok((await shown).equals(second));
      consumer.close();
    });

    test("stop closes everything and leaves no demand", async (t) => {
      const camera = new HandFedCamera("front");
      const [first] = await makePictures();
      assert.ok(first);
      const running = await output.start(camera);
      t.after(() => running.stop());
      camera.show(first);
      const consumer = await running.connect();
      const pending = consumer.picture().then(
        () => undefined,
        () => undefined,
      );
      await running.stop();
      await pending;
      assert.equal(camera.jpeg.demand, 0);
      await running.stop();
    });
  });
}

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

/** Bytes of all buffers that somebody still holds. */
async function keptBytes(): Promise<number> {
  // Freed buffers are counted off by a sweeper of its own, a moment later.
  for (let round = 0; round < 3; round += 1) {
    collectGarbage();
    await new Promise<void>((resolve) => setImmediate(resolve));
  }
  return process.memoryUsage().arrayBuffers;
}

function describeStreamContract(output: OutputUnderTest): void {
  test("a stalled consumer slows nobody, and what is kept for it is bounded", async (t) => {
    const camera = new HandFedCamera("front");
    const running = await output.start(camera);
    t.after(() => running.stop());
    const [first] = await makePictures();
    assert.ok(first);
    camera.show(first);
    assert.ok("connectStalled" in running);
    const stalled = await running.connectStalled?.();
    const consumer = await running.connect();
    const big = Buffer.concat([first.subarray(0, -2), Buffer.alloc(500_000, 1), first.subarray(-2)]);
    const beforeBytes = await keptBytes();
    for (let index = 0; index < 200; index += 1) {
      const shown = consumer.picture();
      camera.show(Buffer.from(big)); // 100 MB in all, if it were kept
      assert.equal((await shown).length, big.length);
    }
    const grownBytes = (await keptBytes()) - beforeBytes;
    assert.ok(grownBytes < 6_000_000, `grew by ${grownBytes} bytes`); // the newest, one under way to each, and the test's own
    stalled?.destroy();
    consumer.close();
  });
}
