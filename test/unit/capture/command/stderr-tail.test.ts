import assert from "node:assert/strict";
import { describe, it } from "node:test";
import * as fc from "fast-check";
import { secretsIn } from "../../../../src/capture/command/command-secrets.ts";
import { maskCredentials, StderrTail } from "../../../../src/capture/command/stderr-tail.ts";

describe("stderr tail", () => {
  it("keeps the last four lines, an unfinished one among them", () => {
    const tail = new StderrTail();
    assert.deepEqual(tail.push(Buffer.from("one\ntwo\nthree\nfo")), ["one", "two", "three"]);
    assert.deepEqual(tail.push(Buffer.from("ur\nfive\nsix")), ["four", "five"]);
    assert.deepEqual(tail.lines(), ["three", "four", "five", "six"]);
  });

  it("takes a progress display for lines and leaves out colours and empty lines", () => {
    const tail = new StderrTail();
    assert.deepEqual(tail.push(Buffer.from("frame= 1\rframe= 2\r\n\n\u001b[31mno\u001b[0m such\tcamera\u0007\n")), [
      "frame= 1",
      "frame= 2",
      "no suchcamera",
    ]);
  });

  it("hides passwords in addresses", () => {
    assert.equal(
      maskCredentials("-i rtsp://me:secret@host/a http://host:80/b@c"),
      "-i rtsp://me:***@host/a http://host:80/b@c",
    );
    const tail = new StderrTail();
    tail.push(Buffer.from("rtsp://me:secr"));
    tail.push(Buffer.from("et@host: refused\n"));
    assert.deepEqual(tail.lines(), ["rtsp://me:***@host: refused"]);
  });

  it("stays small and says the same however the output is cut", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 3000, unit: "binary" }), fc.integer({ min: 1, max: 50 }), (text, step) => {
        const whole = new StderrTail();
        const cut = new StderrTail();
        const bytes = Buffer.from(text);
        whole.push(bytes);
        for (let at = 0; at < bytes.length; at += step) cut.push(bytes.subarray(at, at + step));
        assert.deepEqual(cut.lines(), whole.lines());
        assert.ok(whole.lines().length <= 4);
        assert.ok(whole.lines().every((line) => line.length <= 201));
      }),
    );
  });

  it("does not keep an endless line", () => {
    const tail = new StderrTail();
    for (let i = 0; i < 1000; i++) tail.push(Buffer.alloc(1000, "x"));
    assert.deepEqual(tail.lines(), [`${"x".repeat(200)}…`]);
  });

  it("passwords and tokens of the command's URLs are hidden in whatever way they are said", () => {
    const url = "location=rtsp://me:pa%2Fss%20word@cam/1?channel=1234&token=abc%2Bdef";
    const secrets = secretsIn([
      "gst-launch-1.0",
      url,
      "http://cam:8080/?user=admin&pwd=s3cret",
      "http://cam/",
      "a://b:c@d",
    ]);
    assert.deepEqual(
      [...secrets].sort(),
      ["abc%252Bdef", "abc%2Bdef", "abc+def", "pa%252Fss%2520word", "pa%2Fss%20word", "pa/ss word", "s3cret"].sort(),
    );
    const tail = new StderrTail(secrets);
    const said = tail.push(Buffer.from("rtsp://me:pa/ss word@cam/1 of admin: pa%2Fss%20word, abc+def, s3cret\n"));
    assert.deepEqual(said, ["rtsp://me:***@cam/1 of admin: ***, ***, ***"]);
  });
});
