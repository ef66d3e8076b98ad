import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { Mailbox } from "../../../src/hub/mailbox.ts";
import type { Frame } from "../../../src/media/frame.ts";
import { h264Frame, jpegFrame } from "../../support/frames.ts";

async function drain(box: Mailbox<Frame>): Promise<string> {
  const sequences: number[] = [];
  while (box.length > 0) sequences.push((await box.take())?.sequence ?? -1);
  return sequences.join(" ");
}

test("a full mailbox of pictures gives up its oldest", async () => {
  let dropped = 0;
  const box = new Mailbox<Frame>({ maxFrames: 2, maxBytes: 1e6 }, (count) => (dropped += count));
  for (const sequence of [1, 2, 3, 4]) box.put(jpegFrame(sequence));
  assert.equal(dropped, 2);
  assert.equal(await drain(box), "3 4");
});

test("a full mailbox of H.264 gives up everything until the next keyframe", async () => {
  let dropped = 0;
  const box = new Mailbox<Frame>({ maxFrames: 3, maxBytes: 1e6 }, (count) => (dropped += count));
  for (const [sequence, keyframe] of [
    [1, true],
    [2, false],
    [3, false],
    [4, false],
    [5, false],
  ] as const) {
    box.put(h264Frame(sequence, keyframe));
  }
  assert.equal((await box.take())?.sequence, 1);
  box.put(h264Frame(6, false)); // there is room again, but what it builds on is gone
  box.put(h264Frame(7, true));
  box.put(h264Frame(8, false)); // full again: dropped
  assert.equal(await drain(box), "2 3 7");
  assert.equal(dropped, 4);
});

test("a keyframe that finds no room takes all of it", async () => {
  const box = new Mailbox<Frame>({ maxFrames: 2, maxBytes: 1e6 });
  for (const [sequence, keyframe] of [
    [1, true],
    [2, false],
    [3, true],
  ] as const)
    box.put(h264Frame(sequence, keyframe));
  assert.equal(await drain(box), "3");
});

test("bytes are bounded like frames", async () => {
  const box = new Mailbox<Frame>({ maxFrames: 100, maxBytes: 450 });
  for (const sequence of [1, 2, 3]) box.put(jpegFrame(sequence)); // 204 bytes each
  assert.equal(await drain(box), "2 3");
});

test("take waits for the next frame, and ends when the mailbox is closed", async () => {
  const box = new Mailbox<Frame>({ maxFrames: 2, maxBytes: 1e6 });
  const waiting = box.take();
  box.put(jpegFrame(9));
  assert.equal((await waiting)?.sequence, 9);
  const last = box.take();
  box.close();
  assert.equal(await last, undefined);
  box.put(jpegFrame(10));
  assert.equal(await box.take(), undefined);
});

test("whatever is put in, the bounds hold and H.264 comes out decodable", async () => {
  const puts = fc.array(fc.record({ key: fc.boolean(), size: fc.integer({ min: 1, max: 400 }), take: fc.boolean() }));
  await fc.assert(
    fc.asyncProperty(puts, async (steps) => {
      const box = new Mailbox<Frame>({ maxFrames: 4, maxBytes: 1000 });
      let previous: number | undefined;
      let broken = false;
      const look = async (): Promise<void> => {
        const frame = await box.take();
        if (!frame) return;
        if (!frame.keyframe && previous !== undefined && frame.sequence !== previous + 1) broken = true;
        previous = frame.sequence;
      };
      for (const [index, step] of steps.entries()) {
        box.put(h264Frame(index, index === 0 || step.key, step.size));
        assert.ok(box.length <= 4);
        if (step.take && box.length > 0) await look();
      }
      while (box.length > 0) await look();
      assert.equal(broken, false);
    }),
  );
});
