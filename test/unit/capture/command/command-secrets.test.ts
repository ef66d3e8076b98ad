import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { secretsIn } from "../../../../src/capture/command/command-secrets.ts";

const hidden: readonly (readonly [command: string, secret: string])[] = [
  ["ffmpeg -i rtsp://me:planted1@cam/1", "planted1"],
  ["ffmpeg -i http://cam/?user=me&pwd=planted2&channel=1", "planted2"],
  ["ffmpeg -i http://cam/?x=1&sig=planted3", "planted3"],
  ["ffmpeg -i rtsp://h:554/user=admin&password=planted4&channel=1", "planted4"],
  ["ffmpeg -i http://cam/user=admin_password=planted5_channel=0_stream=0.sdp", "planted5"],
  ["gst-launch-1.0 rtspsrc location=rtsp://cam user-id=me user-pw=planted6", "planted6"],
  ["curl -u admin:planted7 http://cam/", "planted7"],
  ["curl --user admin:planted8 http://cam/", "planted8"],
  ["curl --user=admin:planted9 http://cam/", "planted9"],
  ["grab --password planted10", "planted10"],
  ["grab --api-key=planted11", "planted11"],
  ["grab --access_token planted12", "planted12"],
  ["grab -passin pass:planted13", "planted13"],
];

describe("the secrets of a camera's command", () => {
  for (const [command, secret] of hidden) {
    it(`are found in ${command}`, () => assert.ok(secretsIn(command.split(" ")).includes(secret)));
  }

  it("are found in headers, as they are written and as they are meant", () => {
    const basic = Buffer.from("me:planted14").toString("base64");
    const secrets = secretsIn([
      "ffmpeg",
      "-headers",
      `Authorization: Basic ${basic}`,
      "X-Auth-Token: planted15",
      "Bearer planted16",
    ]);
    for (const secret of [basic, "planted14", "planted15", "planted16"]) assert.ok(secrets.includes(secret), secret);
  });

  for (const command of [
    "ffmpeg -f v4l2 -i /dev/video0 -c:v libx264 -key_int 3000 -x264-params keyint=3000 -f h264 -",
    "rpicam-vid -t 0 --codec mjpeg --width 1280 --author=someone --keyframe 3000 -o -",
    "gst-launch-1.0 v4l2src device=/dev/video0 ! image/jpeg,width=1280 ! fdsink fd=1",
    "curl --user-agent Mozilla/5.0 --digest http://cam:8080/stream -H Accept:image/jpeg",
    "grab --auth digest --key -v",
  ]) {
    it(`are none in ${command}`, () => assert.deepEqual(secretsIn(command.split(" ")), []));
  }

  it("are never so short that ordinary words would be hidden, whatever the command is", () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        for (const secret of secretsIn(words)) assert.ok(secret.length >= 4);
      }),
    );
  });
});
