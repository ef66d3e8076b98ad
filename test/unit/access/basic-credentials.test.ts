import { parseBasicAuthorization, formatBasicAuthorization } from "../../../src/access/basic-credentials.ts";
import { testAnyBytes, testCodecTable, testMalformedTable } from "../../support/codec-kit.ts";

const codec = {
  decode: (bytes: Buffer) => parseBasicAuthorization(bytes.toString("latin1")),
  encode: (value: { name: string; password: string }) => Buffer.from(formatBasicAuthorization(value), "latin1"),
};

testCodecTable("basic credentials", codec, [
  // RFC 7617 section 2 and 2.1
  {
    name: "RFC 7617's Aladdin",
    bytes: Buffer.from("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="),
    value: { name: "Aladdin", password: "open sesame" },
  },
  {
    name: "RFC 7617's test in UTF-8",
    bytes: Buffer.from("Basic dGVzdDoxMjPCow=="),
    value: { name: "test", password: "123\u00a3" },
  },
  { name: "a password with colons", bytes: Buffer.from("Basic YTo6Yjo="), value: { name: "a", password: ":b:" } },
  { name: "nothing in both", bytes: Buffer.from("Basic Og=="), value: { name: "", password: "" } },
]);

testMalformedTable("basic credentials", codec.decode, [
  { name: "nothing", bytes: Buffer.from("Basic "), message: "the Basic credentials are not base64" },
  { name: "other characters", bytes: Buffer.from("Basic YTo*"), message: "the Basic credentials are not base64" },
  { name: "two words", bytes: Buffer.from("Basic YTpi YTpi"), message: "the Basic credentials are not base64" },
  { name: "no colon", bytes: Buffer.from("Basic YQ=="), message: "the Basic credentials have no password" },
  {
    name: "too much",
    bytes: Buffer.from(`Basic ${"YTpi".repeat(4_000)}`),
    message: "the Basic credentials are not base64",
  },
]);

testAnyBytes("basic credentials", codec.decode, [Buffer.from("Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")]);
