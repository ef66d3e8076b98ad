import assert from "node:assert/strict";
import type { ServerResponse } from "node:http";
import type { Socket } from "node:net";
import { afterEach, beforeEach, mock, test } from "node:test";
import { FanOut } from "../../../../src/outputs/mjpeg/fan-out.ts";
import { Viewer, type ViewerWishes } from "../../../../src/outputs/mjpeg/viewer.ts";
import { FakeClock } from "../../../support/fake-clock.ts";
import { HandFedCamera } from "../../../support/hand-fed-camera.ts";

const wishes: ViewerWishes = {
  fps: undefined,
  key: undefined,
  advanceHeaders: false,
  dualFinalFrames: false,
  extraHeaders: false,
  zeroData: false,
};

/** A socket that keeps what it is given until it is told to drain. */
class SlowSocket {
  writableLength = 0;
  destroyed = false;
  readonly written: Buffer[] = [];
  takesAll = true;

  write(chunk: Buffer | string): void {
    this.written.push(Buffer.from(chunk));
    if (!this.takesAll) this.writableLength += chunk.length;
  }

  cork(): void {}

  uncork(): void {}

  end(): void {}

  destroy(): void {
    this.destroyed = true;
  }
}

let clock: FakeClock;
beforeEach(() => {
  mock.timers.enable({ apis: ["setTimeout", "setInterval"] });
  clock = new FakeClock();
});
afterEach(() => mock.timers.reset());

/** Moves all clocks on, step by step. */
async function pass(ms: number): Promise<void> {
  for (let passedMs = 0; passedMs < ms; passedMs += 250) {
    await clock.advance(250);
    mock.timers.tick(250);
  }
}

function setUp(own: Partial<ViewerWishes> = {}) {
  const camera = new HandFedCamera("door");
  const socket = new SlowSocket();
  const stuck: Viewer[] = [];
  const fanOut = new FanOut({ feed: camera, clock, onSent: () => {}, onStuck: (viewer) => stuck.push(viewer) });
  const viewer = new Viewer(
    "1",
    "::1",
    { ...wishes, ...own },
    { end: () => {} } as ServerResponse,
    socket as unknown as Socket,
  );
  fanOut.add(viewer);
  return { camera, socket, stuck, fanOut, viewer };
}

const picture = Buffer.from("a picture");

test("a quiet camera's last picture is sent again after 250 ms, and at least every 5 s from then on", async () => {
  const { camera, socket, fanOut } = setUp();
  camera.show(picture);
  assert.equal(socket.written.length, 2, "the opening delimiter and the first part");
  await pass(250);
  assert.equal(socket.written.length, 3);
  await pass(20_000);
  assert.equal(socket.written.length, 3 + 4);
  for (const part of socket.written.slice(1)) assert.ok(part.includes(picture));
  fanOut.stop();
});

test("a viewer that takes nothing for 30 s is closed, not before", async () => {
  const { camera, socket, stuck, fanOut } = setUp();
  socket.takesAll = false;
  camera.show(picture);
  await pass(29_000);
  assert.equal(socket.destroyed, false);
  await pass(2_000);
  assert.equal(socket.destroyed, true);
  assert.equal(stuck.length, 1);
  assert.deepEqual(fanOut.losses, { skipped: 0, stuck: 1 });
});

test("a viewer that drains in time stays, and goes on with the newest picture", async () => {
  const { camera, socket, stuck, viewer, fanOut } = setUp();
  socket.takesAll = false;
  camera.show(picture);
  await pass(20_000);
  camera.show(Buffer.from("skipped"));
  assert.equal(viewer.skipped, 1);
  socket.writableLength = 0;
  await pass(1_000);
  socket.writableLength = 0;
  camera.show(Buffer.from("newest"));
  assert.ok(socket.written.at(-1)?.includes("newest"));
  await pass(29_000);
  assert.deepEqual([socket.destroyed, stuck.length], [false, 0]);
  fanOut.stop();
});

test("a part that a socket still holds is not written over by the next one", () => {
  const { camera, socket, fanOut } = setUp();
  const kept: Buffer[] = [];
  const second = new SlowSocket();
  second.takesAll = false;
  second.write = (chunk: Buffer | string) => {
    if (typeof chunk !== "string") kept.push(chunk); // by reference, as a socket holds it
    second.writableLength = 1;
  };
  fanOut.add(new Viewer("2", "::1", wishes, { end: () => {} } as ServerResponse, second as unknown as Socket));
  camera.show(Buffer.from("first picture"));
  for (let index = 0; index < 5; index += 1) camera.show(Buffer.from(`later ${index}`));
  assert.ok(kept[0]?.includes("first picture"));
  assert.equal(kept.length, 1);
  assert.equal(socket.written.filter((part) => part.includes("later")).length, 5);
  fanOut.stop();
});
