import assert from "node:assert/strict";
import { constants } from "node:os";
import { suite, test } from "node:test";
import koffi from "koffi";
import { createControlDriver, type ControlIoctl } from "../../../../src/capture/v4l2/control-ioctls.ts";
import { StructBuffer, type KernelStruct } from "../../../../src/capture/v4l2/kernel-struct.ts";
import type { ControlTarget } from "../../../../src/capture/controls/control-driver.ts";
import * as structs from "../../../../src/capture/v4l2/structs.ts";
import { SystemCallError } from "../../../../src/capture/v4l2/system-call-error.ts";

/** Answers every ioctl with `answer`, as the kernel would: by writing into the struct. */
function kernel(answer: (name: string, argument: Buffer) => void): ControlIoctl {
  return async (request, argument) => answer(request.name, argument);
}

function field(struct: KernelStruct, argument: Buffer): StructBuffer {
  return new StructBuffer(struct, argument);
}

/** Memory behind a pointer in a struct. */
function at(struct: StructBuffer, path: string, lengthBytes: number): Buffer {
  const address = struct.bytes.readBigUInt64LE(struct.struct.offsetOf(path));
  return Buffer.from(koffi.view(address, lengthBytes));
}

function entries(argument: Buffer): StructBuffer[] {
  const header = field(structs.v4l2ExtControls, argument);
  const size = structs.v4l2ExtControl.sizeBytes;
  const array = at(header, "controls", header.uint32("count") * size);
  return Array.from({ length: header.uint32("count") }, (_, index) =>
    field(structs.v4l2ExtControl, array.subarray(index * size, (index + 1) * size)),
  );
}

const int32: ControlTarget = { id: 0x980900, payload: { kind: "int32" } };
const int64: ControlTarget = { id: 0x98f903, payload: { kind: "int64" } };
const text: ControlTarget = { id: 0x98f905, payload: { kind: "string", sizeBytes: 5 } };

suite("control ioctls", () => {
  test("VIDIOC_QUERY_EXT_CTRL", async () => {
    const driver = createControlDriver(
      kernel((name, argument) => {
        const query = field(structs.v4l2QueryExtCtrl, argument);
        assert.equal(name, "VIDIOC_QUERY_EXT_CTRL");
        assert.equal(query.uint32("id"), 0xc0000000);
        query.setUint32("id", 0x98f909).setUint32("type", 0x101).setUint32("flags", 0x100);
        query.bytes.write("U16 Matrix\0rubbish", query.struct.offsetOf("name"));
        query
          .setInt64("minimum", -(2n ** 63n))
          .setInt64("maximum", 2n ** 63n - 1n)
          .setInt64("default_value", -3n);
        query.bytes.writeBigUInt64LE(2n ** 64n - 1n, query.struct.offsetOf("step"));
        query.setUint32("nr_of_dims", 2).setUint32("dims[0]", 8).setUint32("dims[1]", 16).setUint32("dims[2]", 99);
      }),
    );
    assert.deepEqual(await driver.queryExtended(0xc0000000), {
      id: 0x98f909,
      type: 0x101,
      label: "U16 Matrix",
      minimum: -(2n ** 63n),
      maximum: 2n ** 63n - 1n,
      step: 2n ** 64n - 1n,
      default: -3n,
      flags: 0x100,
      dimensions: [8, 16],
    });
  });

  test("VIDIOC_QUERYCTRL", async () => {
    const driver = createControlDriver(
      kernel((_name, argument) => {
        const query = field(structs.v4l2Queryctrl, argument);
        assert.equal(query.uint32("id"), 7);
        query.setUint32("type", 1).setInt32("minimum", -5).setInt32("maximum", 5).setInt32("step", 1);
        query.setInt32("default_value", -1).setUint32("flags", 0x20);
        query.bytes.write("Hue", query.struct.offsetOf("name"));
      }),
    );
    const expected = { id: 7, type: 1, label: "Hue", minimum: -5n, maximum: 5n, step: 1n, default: -1n, flags: 0x20 };
    assert.deepEqual(await driver.query(7), { ...expected, dimensions: [] });
  });

  test("VIDIOC_QUERYMENU: label and 64-bit value", async () => {
    const driver = createControlDriver(
      kernel((_name, argument) => {
        const entry = field(structs.v4l2Querymenu, argument);
        assert.deepEqual([entry.uint32("id"), entry.uint32("index")], [7, 3]);
        entry.setInt64("u.value", 0x4142n);
      }),
    );
    assert.deepEqual(await driver.queryMenu(7, 3), { label: "BA", value: 0x4142n });
  });

  test("VIDIOC_G_EXT_CTRLS reads several kinds at once, of the current value", async () => {
    const driver = createControlDriver(
      kernel((name, argument) => {
        assert.equal(name, "VIDIOC_G_EXT_CTRLS");
        assert.equal(field(structs.v4l2ExtControls, argument).uint32("which"), 0);
        const [first, second, third] = entries(argument);
        assert.deepEqual(
          [first, second, third].map((entry) => entry?.uint32("id")),
          [int32.id, int64.id, text.id],
        );
        assert.deepEqual(
          [first, second, third].map((entry) => entry?.uint32("size")),
          [0, 0, 5],
        );
        first?.setInt32("u.value", -2);
        second?.setInt64("u.value64", 2n ** 60n);
        if (third) at(third, "u.string", 5).write("hé\0");
      }),
    );
    assert.deepEqual(await driver.getExtended([int32, int64, text]), [-2n, 2n ** 60n, "hé"]);
  });

  test("VIDIOC_S_EXT_CTRLS and VIDIOC_TRY_EXT_CTRLS carry each kind of value", async () => {
    const seen: unknown[] = [];
    const driver = createControlDriver(
      kernel((name, argument) => {
        const [entry] = entries(argument);
        assert.ok(entry);
        const size = entry.uint32("size");
        const value = size > 0 ? at(entry, "u.string", size).toString("latin1") : entry.int64("u.value64");
        seen.push([name, entry.uint32("id"), value]);
      }),
    );
    await driver.setExtended(int32, -1n);
    await driver.setExtended(int32, 0x80402010n);
    await driver.setExtended(int64, -(2n ** 63n));
    await driver.setExtended(text, "abcd");
    await driver.tryExtended(text, "ab");
    assert.deepEqual(seen, [
      ["VIDIOC_S_EXT_CTRLS", int32.id, 0xffffffffn],
      ["VIDIOC_S_EXT_CTRLS", int32.id, 0x80402010n],
      ["VIDIOC_S_EXT_CTRLS", int64.id, -(2n ** 63n)],
      ["VIDIOC_S_EXT_CTRLS", text.id, "abcd\0"],
      ["VIDIOC_TRY_EXT_CTRLS", text.id, "ab\0\0\0"],
    ]);
  });

  test("VIDIOC_G_CTRL and VIDIOC_S_CTRL", async () => {
    const driver = createControlDriver(
      kernel((name, argument) => {
        const control = field(structs.v4l2Control, argument);
        assert.equal(control.uint32("id"), 7);
        if (name === "VIDIOC_G_CTRL") control.setInt32("value", -9);
        else assert.equal(control.int32("value"), -4);
      }),
    );
    assert.equal(await driver.get(7), -9n);
    await driver.set(7, -4n);
  });

  test("VIDIOC_SUBSCRIBE_EVENT for one control, without what we do ourselves", async () => {
    const asked: number[][] = [];
    const driver = createControlDriver(
      kernel((name, argument) => {
        assert.equal(name, "VIDIOC_SUBSCRIBE_EVENT");
        const subscription = field(structs.v4l2EventSubscription, argument);
        asked.push(["type", "id", "flags"].map((path) => subscription.uint32(path)));
      }),
    );
    await driver.subscribe(0x980900);
    assert.deepEqual(asked, [[3, 0x980900, 0]]);
  });

  test("the driver's no comes through", async () => {
    const driver = createControlDriver(async (request) => {
      throw new SystemCallError(request.name, constants.errno.EACCES);
    });
    await assert.rejects(driver.setExtended(int32, 1n), { code: "EACCES", syscall: "VIDIOC_S_EXT_CTRLS" });
  });
});
