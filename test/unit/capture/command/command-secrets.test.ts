import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { secretsIn } from "../../../../src/capture/command/command-secrets.ts";
import { createCommandSource } from "../../../../src/capture/command/command-source.ts";
import { silentLog } from "../../../../src/core/log.ts";
import { FakeClock } from "../../../support/fake-clock.ts";

const hidden: readonly (readonly [command: string, secret: string])[] = [
  ["ffmpeg -i rtsp://me:planted1@cam/1", "planted1"],
  ["ffmpeg -i http://cam/?user=me&pwd=planted2&channel=1", "planted2"],
  ["ffmpeg -i http://cam/?x=1&sig=planted3", "planted3"],
  ["ffmpeg -i rtsp://h:554/user=admin&password=planted4&channel=1", "planted4"],
  ["ffmpeg -i http://cam/user=admin_password=planted5_channel=0_stream=0.sdp", "planted5"],
  ["ffmpeg -i http://cam/user=admin_password=planted17_stream2=0_channel=0.sdp", "planted17"],
  ["ffmpeg -i rtsp://cam/password=planted18?channel=1", "planted18"],
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

  it("are found in what a shell is given", () => {
    const script = `grab --password planted19 -u 'me:planted20' --header "X-Token: planted21" --secret "planted 22" | cat`;
    const secrets = secretsIn(["sh", "-c", script]);
    for (const secret of ["planted19", "planted20", "planted21", "planted 22"])
      assert.ok(secrets.includes(secret), secret);
  });

  it("are hidden where an error names the whole command", () => {
    const command = ["grab", "--password", "it's me", "user-pw=planted23", "http://me:planted24@cam/"];
    const { origin } = createCommandSource({ command, clock: new FakeClock(), log: silentLog });
    assert.equal(origin, "grab --password '***' 'user-pw=***' 'http://me:***@cam/'");
  });

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
    "ffmpeg -i http://cam/?author=someone&keyint=3000&design=modern&key_frames=3000 author=someone",
    "sh -c rpicam-vid --keyframe 3000 -o -",
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
