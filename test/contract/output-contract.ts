import assert from "node:assert/strict";
import type { Socket } from "node:net";
import { describe, test } from "node:test";
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
  start(camera: HandFedCamera): Promise<RunningOutput>;
}

const colours = ["red", "green", "blue", "white", "black", "orange", "purple", "yellow"] as const;

async function makePictures(): Promise<Buffer[]> {
  const create = { width: 64, height: 48, channels: 3 } as const;
  return Promise.all(colours.map((background) => sharp({ create: { ...create, background } }).jpeg().toBuffer()));
}

/** What every output promises, whatever it speaks. */
export function describeOutputContract(output: OutputUnderTest): void {
  describe(`${output.name} keeps the contract of outputs`, () => {
    test("the first picture decodes", async () => {
      const camera = new HandFedCamera("front");
      const [first] = await makePictures();
      assert.ok(first);
      const running = await output.start(camera);
      camera.show(first);
      const consumer = await running.connect();
      const shown = consumer.picture();
      camera.show(first);
      const { width, height } = await sharp(await shown).metadata();
      assert.deepEqual([width, height], [64, 48]);
      consumer.close();
      await running.stop();
    });

    test("ten consumers get the same picture", async () => {
      const camera = new HandFedCamera("front");
      const [first, second] = await makePictures();
      assert.ok(first && second);
      const running = await output.start(camera);
      camera.show(first);
      const consumers = await Promise.all(Array.from({ length: 10 }, () => running.connect()));
      const shown = consumers.map((consumer) => consumer.picture());
      camera.show(second);
      for (const picture of await Promise.all(shown)) assert.ok(picture.equals(second));
      for (const consumer of consumers) consumer.close();
      await running.stop();
    });

    if (output.name !== "snapshot") describeStreamContract(output);

    test("a camera's restart is survived", async () => {
      const camera = new HandFedCamera("front");
      const [first, second] = await makePictures();
      assert.ok(first && second);
      const running = await output.start(camera);
      camera.show(first);
      const consumer = await running.connect();
      camera.lose("unplugged");
      const shown = consumer.picture();
      camera.show(second);
      assert.ok((await shown).equals(second));
      consumer.close();
      await running.stop();
    });

    test("stop closes everything and leaves no demand", async () => {
      const camera = new HandFedCamera("front");
      const [first] = await makePictures();
      assert.ok(first);
      const running = await output.start(camera);
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

function describeStreamContract(output: OutputUnderTest): void {
  test("a stalled consumer slows nobody, and what is kept for it is bounded", async () => {
    const camera = new HandFedCamera("front");
    const running = await output.start(camera);
    const [first] = await makePictures();
    assert.ok(first && running.connectStalled);
    camera.show(first);
    const stalled = await running.connectStalled();
    const consumer = await running.connect();
    const big = Buffer.concat([first.subarray(0, -2), Buffer.alloc(500_000, 1), first.subarray(-2)]);
    const before = process.memoryUsage();
    for (let index = 0; index < 200; index += 1) {
      const shown = consumer.picture();
      camera.show(Buffer.from(big)); // 100 MB in all, if it were kept
      assert.equal((await shown).length, big.length);
    }
    const after = process.memoryUsage();
    const grownBytes = after.arrayBuffers + after.external - before.arrayBuffers - before.external;
    assert.ok(grownBytes < 60_000_000, `grew by ${grownBytes} bytes`);
    stalled.destroy();
    consumer.close();
    await running.stop();
  });
}
