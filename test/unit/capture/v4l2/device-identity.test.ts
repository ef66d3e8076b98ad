import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { cameraId, cameraName, uniqueId } from "../../../../src/capture/v4l2/device-identity.ts";

const none = { byId: [], byPath: [], card: "", busInfo: "" };

describe("identity of a camera", () => {
  it("comes from the by-id name, else by-path, else card and bus", () => {
    const byId = ["usb-046d_HD_Pro_Webcam_C920_8F7B-video-index0"];
    const byPath = ["pci-0000:00:14.0-usb-0:1:1.0-video-index0"];
    const told = { card: "HD Pro Webcam C920", busInfo: "usb-0000:00:14.0-1" };
    assert.equal(cameraId({ byId, byPath, ...told }), "046d-hd-pro-webcam-c920-8f7b");
    assert.equal(cameraId({ byId: [], byPath, ...told }), "pci-0000-00-14-0-usb-0-1-1-0");
    assert.equal(cameraId({ byId: [], byPath: [], ...told }), "hd-pro-webcam-c920-usb-0000-00-14-0-1");
    assert.equal(cameraId(none), "camera");
  });

  it("tells the further streams of one camera apart", () => {
    assert.equal(cameraId({ ...none, byId: ["usb-Acme_Cam_1-video-index2"] }), "acme-cam-1-index2");
  });

  it("does not depend on the order of the links", () => {
    const names = ["usb-b-video-index0", "usb-a-video-index0"];
    assert.equal(cameraId({ ...none, byId: names }), "a");
    assert.equal(cameraId({ ...none, byId: names.toReversed() }), "a");
  });

  it("is always a valid id", () => {
    const names = fc.record({
      byId: fc.array(fc.string(), { maxLength: 2 }),
      byPath: fc.array(fc.string(), { maxLength: 2 }),
      card: fc.string(),
      busInfo: fc.string(),
    });
    fc.assert(fc.property(names, (given) => assert.match(cameraId(given), /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/)));
  });

  it("becomes unique by a number", () => {
    assert.equal(uniqueId("cam", new Set()), "cam");
    assert.equal(uniqueId("cam", new Set(["cam", "cam-2"])), "cam-3");
  });

  it("has a name for people", () => {
    assert.equal(cameraName("HD Pro Webcam C920", "x"), "HD Pro Webcam C920");
    assert.equal(cameraName("Integrated Camera: Integrated C", "x"), "Integrated Camera");
    assert.equal(cameraName("UVC Camera: Front", "x"), "UVC Camera: Front");
    assert.equal(cameraName(" ", "x"), "x");
  });
});
