import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { DeviceError } from "../../../../src/core/errors.ts";
import { chooseFormat, type FormatWish } from "../../../../src/capture/v4l2/choose-format.ts";
import type { FormatOffer, SizeRange } from "../../../../src/capture/v4l2/format-offer.ts";

/** `offer("MJPG", "1280x720@30,15", …)`. */
function offer(fourcc: string, ...sizes: readonly string[]): FormatOffer {
  return {
    fourcc,
    description: fourcc,
    compressed: fourcc === "MJPG",
    emulated: false,
    sizes: sizes.map((text) => {
      const [size = "", rates = ""] = text.split("@");
      const [width = 0, height = 0] = size.split("x").map(Number);
      const fps = rates === "" ? [] : rates.split(",").map(Number);
      return { width, height, rates: fps.map((rate) => ({ minFps: rate, maxFps: rate })) };
    }),
  };
}

function choose(offers: readonly FormatOffer[], wish: Partial<FormatWish> = {}): string {
  const { fourcc, width, height, fps } = chooseFormat(offers, { format: "auto", ...wish }, "/dev/video0");
  return `${fourcc} ${width}x${height}@${Math.round(fps * 100) / 100}`;
}

const c920 = [
  offer("YUYV", "640x480@30,15", "1280x720@10", "1920x1080@5"),
  offer("MJPG", "640x480@30", "1280x720@60,30", "1920x1080@30,15", "2592x1944@15"),
];
const range: SizeRange = {
  continuous: false,
  minWidth: 16,
  maxWidth: 3840,
  stepWidth: 2,
  minHeight: 16,
  maxHeight: 2160,
  stepHeight: 2,
};

describe("choice of the format", () => {
  const table: readonly (readonly [what: string, FormatOffer[], Partial<FormatWish>, string])[] = [
    ["MJPEG at the largest size up to 1920x1080", c920, {}, "MJPG 1920x1080@30"],
    ["the highest rate up to 30", [offer("MJPG", "1280x720@60,30,15")], {}, "MJPG 1280x720@30"],
    ["more than 30 where there is nothing else", [offer("MJPG", "1280x720@60,50")], {}, "MJPG 1280x720@50"],
    ["29.97 for 30", [offer("MJPG", "1280x720@29.97,15")], {}, "MJPG 1280x720@29.97"],
    ["the JPEG fourcc like MJPG", [offer("YUYV", "640x480@30"), offer("JPEG", "640x480@30")], {}, "JPEG 640x480@30"],
    ["a smaller size that is fluent", [offer("MJPG", "1920x1080@10", "1280x720@15")], {}, "MJPG 1280x720@15"],
    [
      "raw that is fluent before MJPEG that is not",
      [offer("MJPG", "640x480@5"), offer("YUYV", "640x480@30")],
      {},
      "YUYV 640x480@30",
    ],
    ["raw up to 1280x720 only", [offer("YUYV", "1920x1080@30", "1280x720@30")], {}, "YUYV 1280x720@30"],
    ["the smallest beyond that", [offer("YUYV", "3840x2160@30", "1920x1080@60")], {}, "YUYV 1920x1080@60"],
    [
      "MJPEG that is too large before raw that is",
      [offer("NV12", "1920x1080@30"), offer("MJPG", "2560x1440@30")],
      {},
      "MJPG 2560x1440@30",
    ],
    [
      "the raw format that is cheapest to encode",
      [offer("RGB3", "640x480@30"), offer("NV12", "640x480@30")],
      {},
      "NV12 640x480@30",
    ],
    ["colour before grey", [offer("GREY", "1280x720@30"), offer("BGR3", "320x240@30")], {}, "BGR3 320x240@30"],
    ["grey where there is no colour", [offer("GREY", "640x480@30")], {}, "GREY 640x480@30"],
    ["the fastest where nothing is fluent", [offer("MJPG", "1280x720@5", "640x480@10")], {}, "MJPG 640x480@10"],
    ["what lists no rates", [offer("MJPG", "1280x720")], {}, "MJPG 1280x720@0"],
    ["the wished rate there", [offer("MJPG", "1280x720")], { fps: 20 }, "MJPG 1280x720@20"],
    ["a format that was asked for", c920, { format: "yuyv" }, "YUYV 640x480@30"],
    [
      "a size that was asked for, whatever its rate",
      c920,
      { format: "yuyv", width: 1920, height: 1080 },
      "YUYV 1920x1080@5",
    ],
    ["a size beyond the limits", c920, { width: 2592, height: 1944 }, "MJPG 2592x1944@15"],
    ["a width alone", c920, { width: 640 }, "MJPG 640x480@30"],
    ["a size for its rate", c920, { fps: 60 }, "MJPG 1280x720@60"],
    ["the lowest rate that is enough", c920, { fps: 12 }, "MJPG 1920x1080@15"],
    ["the highest where none is enough", c920, { fps: 120 }, "MJPG 1920x1080@30"],
    [
      "a size within a range",
      [{ ...offer("YUYV", "640x480@25"), range }],
      { width: 1000, height: 500 },
      "YUYV 1000x500@25",
    ],
    [
      "MJPEG before raw at a size given",
      [offer("YUYV", "640x480@30"), offer("MJPG", "640x480@30")],
      { width: 640 },
      "MJPG 640x480@30",
    ],
  ];
  for (const [what, offers, wish, expected] of table) {
    it(`takes ${what}`, () => assert.equal(choose(offers, wish), expected));
  }

  it("takes any rate within a stepwise range of rates", () => {
    const [base] = [offer("MJPG", "640x480")];
    const offers = [{ ...base, sizes: [{ width: 640, height: 480, rates: [{ minFps: 1, maxFps: 60 }] }] }];
    assert.equal(choose(offers as FormatOffer[]), "MJPG 640x480@30");
    assert.equal(choose(offers as FormatOffer[], { fps: 42 }), "MJPG 640x480@42");
  });

  it("says what there is when it refuses", () => {
    const refuse = (offers: FormatOffer[], wish: Partial<FormatWish>, message: RegExp): void => {
      assert.throws(
        () => choose(offers, wish),
        (error) => error instanceof DeviceError && error.code === "format" && message.test(error.message),
      );
    };
    refuse(
      c920,
      { width: 641, height: 480 },
      /cannot do format auto, 641x480; it can do: YUYV 640x480 \(30, 15 fps\), /,
    );
    refuse([{ ...offer("YUYV", "640x480@25"), range }], { width: 641 }, /16x16 to 3840x2160, e.g. 640x480 \(25 fps\)/);
    refuse([offer("MJPG", "640x480@30")], { format: "nv12" }, /cannot do format nv12/);
    refuse([offer("H264", "640x480@30"), offer("HEVC")], {}, /no format that Sightline can use; it has H264, HEVC/);
    refuse([], {}, /no format at all/);
  });

  it("never chooses what was not offered or not asked for", () => {
    const size = fc.record({ width: fc.integer({ min: 1, max: 4000 }), height: fc.integer({ min: 1, max: 4000 }) });
    const rates = fc.array(fc.integer({ min: 1, max: 120 }), { maxLength: 4 });
    const offers = fc.array(
      fc.record({
        fourcc: fc.constantFrom("MJPG", "YUYV", "NV12", "GREY", "H264"),
        sizes: fc.array(fc.tuple(size, rates), { maxLength: 4 }),
      }),
      { maxLength: 4 },
    );
    const wishes = fc.record({ fps: fc.option(fc.integer({ min: 1, max: 120 }), { nil: undefined }) });
    fc.assert(
      fc.property(offers, wishes, (made, { fps }) => {
        const list = made.map(({ fourcc, sizes }) =>
          offer(fourcc, ...sizes.map(([{ width, height }, list]) => `${width}x${height}@${list.join(",")}`)),
        );
        const usable = list.filter(({ fourcc, sizes }) => fourcc !== "H264" && sizes.length > 0);
        if (usable.length === 0) {
          assert.throws(() => choose(list), DeviceError);
          return;
        }
        const wish = fps === undefined ? { format: "auto" } : { format: "auto", fps };
        const choice = chooseFormat(list, wish, "it");
        const sizes = usable.filter(({ fourcc }) => fourcc === choice.fourcc).flatMap((one) => one.sizes);
        const same = sizes.filter(({ width, height }) => width === choice.width && height === choice.height);
        assert.ok(same.length > 0);
        const isListed = same.some(({ rates: all }) => all.some(({ maxFps }) => maxFps === choice.fps));
        assert.ok(isListed || same.some(({ rates: all }) => all.length === 0));
      }),
    );
  });
});
