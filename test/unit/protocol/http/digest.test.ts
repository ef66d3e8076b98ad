import assert from "node:assert/strict";
import { describe, it, test } from "node:test";
import fc from "fast-check";
import {
  computeDigestResponse,
  formatDigestAuthorization,
  formatDigestChallenge,
  parseDigestAuthorization,
  verifyDigestResponse,
  type DigestCredentials,
} from "../../../../src/protocol/http/digest.ts";
import { testAnyBytes, testCodecTable, testMalformedTable } from "../../../support/codec-kit.ts";

const codec = {
  decode: (bytes: Buffer): DigestCredentials => parseDigestAuthorization(bytes.toString("latin1")),
  encode: (value: DigestCredentials): Uint8Array => Buffer.from(formatDigestAuthorization(value), "latin1"),
};

const rfc7616: DigestCredentials = {
  username: "Mufasa",
  usernameBytes: "Mufasa",
  realm: "http-auth@example.org",
  nonce: "7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v",
  uri: "/dir/index.html",
  response: "8ca523f5e9506fed4657c9700eebdbec",
  opaque: "FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS",
  quality: { clientNonce: "f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ", nonceCount: 1 },
};
const rfc2617: DigestCredentials = {
  username: "Mufasa",
  usernameBytes: "Mufasa",
  realm: "testrealm@host.com",
  nonce: "dcd98b7102dd2f0e8b11d0f600bfb0c093",
  uri: "/dir/index.html",
  response: "6629fae49393a05397450978507c4ef1",
  opaque: "5ccc069c403ebaf9f0171e9517f40e41",
  quality: { clientNonce: "0a4f113b", nonceCount: 1 },
};
const old: DigestCredentials = {
  username: "Mufasa",
  usernameBytes: "Mufasa",
  realm: "r",
  nonce: "n",
  uri: "/",
  response: "0123456789abcdef0123456789abcdef",
};

testCodecTable("digest credentials", codec, [
  {
    name: "RFC 7616 section 3.9.1 (MD5)",
    bytes: Buffer.from(
      'Digest username="Mufasa", realm="http-auth@example.org", nonce="7ypf/xlj9XXwfDPEoM4URrv/xwf94BcCAzFZH4GiTo0v", ' +
        'uri="/dir/index.html", algorithm=MD5, response="8ca523f5e9506fed4657c9700eebdbec", ' +
        'opaque="FQhe/qaU925kfnzjCev0ciny7QMkPqMAFRtzCUYo5tdS", qop=auth, nc=00000001, ' +
        'cnonce="f2/wE4q74E6zIJEtWaHKaf5wv/H5QzzpXusqGemxURZJ"',
    ),
    value: rfc7616,
  },
  {
    name: "without qop",
    bytes: Buffer.from(
      'Digest username="Mufasa", realm="r", nonce="n", uri="/", algorithm=MD5, response="0123456789abcdef0123456789abcdef"',
    ),
    value: old,
  },
  {
    name: "a name with quotes and UTF-8",
    bytes: Buffer.from(
      'Digest username="J\u00e4\\"s\\\\on", realm="r", nonce="n", uri="/", algorithm=MD5, response="0123456789abcdef0123456789abcdef"',
    ),
    value: { ...old, username: 'J\u00e4"s\\on', usernameBytes: 'J\u00c3\u00a4"s\\on' },
  },
]);

const rest = 'realm="r", nonce="n", uri="/", response="0123456789abcdef0123456789abcdef"';
const whole = `Digest username="a", ${rest}`;
testMalformedTable(
  "digest credentials",
  codec.decode,
  (
    [
      ["nothing", "", "the credentials are not of scheme Digest"],
      ["another scheme", "Basic YTpi", "the credentials are not of scheme Digest"],
      ["no directives", "Digest ", "the Digest credentials have no response"],
      ["no username", `Digest ${rest}`, "the Digest credentials must have one of username and username*"],
      [
        "both usernames",
        `${whole}, username*=UTF-8''a`,
        "the Digest credentials must have one of username and username*",
      ],
      [
        "another charset",
        `Digest username*=ISO-8859-1''a, ${rest}`,
        "the username* of the Digest credentials is not as RFC 8187 has it",
      ],
      ["a directive twice", `${whole}, Realm="r"`, "the Digest credentials have two of one directive"],
      ["no comma", `Digest username="a" ${rest}`, "the Digest credentials cannot be read at character 20"],
      ["no value", `${whole}, opaque=`, `the Digest credentials cannot be read at character ${whole.length + 9}`],
      ["an open quote", `${whole}, opaque="`, `the Digest credentials cannot be read at character ${whole.length + 9}`],
      ["SHA-256", `${whole}, algorithm=SHA-256`, "the Digest credentials are not of algorithm MD5"],
      ["MD5-sess", `${whole}, algorithm=MD5-sess`, "the Digest credentials are not of algorithm MD5"],
      ["auth-int", `${whole}, qop=auth-int`, "the Digest credentials have a qop other than auth"],
      [
        "qop without nc",
        `${whole}, qop=auth, cnonce="a"`,
        "the nc of the Digest credentials is not a count of 8 hexadecimal digits",
      ],
      [
        "nc 0",
        `${whole}, qop=auth, nc=00000000, cnonce="a"`,
        "the nc of the Digest credentials is not a count of 8 hexadecimal digits",
      ],
      ["qop without cnonce", `${whole}, qop=auth, nc=00000001`, "the Digest credentials have no cnonce"],
      [
        "a hidden user",
        `${whole}, userhash=true`,
        "the Digest credentials hide the user's name, which was not offered",
      ],
      [
        "a short response",
        whole.replace("0123", ""),
        "the response of the Digest credentials is not 32 hexadecimal digits",
      ],
      ["too long", `${whole}, opaque="${"x".repeat(9000)}"`, "the Digest credentials are too long"],
      [
        "too many",
        `${whole}${Array.from({ length: 40 }, (_, n) => `, x${n}=1`).join("")}`,
        "the Digest credentials have too many directives",
      ],
    ] as const
  ).map(([name, text, message]) => ({ name, bytes: Buffer.from(text), message, status: 400 })),
);

testAnyBytes("digest credentials", codec.decode, [codec.encode(rfc7616), codec.encode(rfc2617), codec.encode(old)]);

describe("digest responses", () => {
  it("are the RFCs' own", () => {
    assert.equal(computeDigestResponse(rfc7616, "GET", "Circle of Life"), rfc7616.response);
    assert.equal(computeDigestResponse(rfc2617, "GET", "Circle Of Life"), rfc2617.response);
    assert.ok(verifyDigestResponse(rfc7616, "GET", "Circle of Life"));
    assert.ok(!verifyDigestResponse(rfc7616, "HEAD", "Circle of Life"));
    assert.ok(!verifyDigestResponse(rfc7616, "GET", "Circle of life"));
    assert.ok(!verifyDigestResponse({ ...rfc7616, response: "" }, "GET", "Circle of Life"));
  });

  it("without qop are RFC 2069's", () => {
    // By hand: md5("a:r:p") = HA1, md5("GET:/") = HA2, md5(HA1:n:HA2).
    const plain = { usernameBytes: "a", realm: "r", nonce: "n", uri: "/" };
    assert.match(computeDigestResponse(plain, "GET", "p"), /^[0-9a-f]{32}$/);
    assert.notEqual(
      computeDigestResponse(plain, "GET", "p"),
      computeDigestResponse({ ...plain, quality: { clientNonce: "", nonceCount: 1 } }, "GET", "p"),
    );
  });

  it("reads what clients send: no algorithm, quoted qop and nc, odd blanks, lone commas, upper case, username*", () => {
    const lines = [
      'DIGEST username="Mufasa",realm="r",nonce="n",uri="/",response="0123456789ABCDEF0123456789ABCDEF",qop="auth",nc=0000000A,cnonce=""',
      'Digest  , username = Mufasa ,, realm = "r",nonce="n" ,\turi="/",response=0123456789abcdef0123456789abcdef,algorithm="md5", qop=AUTH,nc="0000000a",cnonce="",',
      'Digest username*=UTF-8\'en\'Mu%66asa, realm=r, nonce=n, uri="/", response=0123456789abcdef0123456789abcdef, userhash=false, qop=auth, nc=0000000a, cnonce=""',
    ];
    for (const line of lines) {
      assert.deepEqual(parseDigestAuthorization(line), { ...old, quality: { clientNonce: "", nonceCount: 10 } }, line);
    }
  });

  test("any name, realm, uri and password: what a client makes is right, and nothing else is", () => {
    const text = fc.string({ maxLength: 20 });
    fc.assert(
      fc.property(
        text,
        text,
        text,
        text,
        fc.integer({ min: 1, max: 2 ** 32 - 1 }),
        (name, nonce, uri, password, nc) => {
          const ascii = (part: string): string => Buffer.from(part, "utf8").toString("latin1");
          const asked = {
            username: name,
            usernameBytes: ascii(name),
            realm: "Sightline",
            nonce: ascii(nonce),
            uri: ascii(uri),
            quality: { clientNonce: "c", nonceCount: nc },
          };
          const response = computeDigestResponse(asked, "GET", password);
          const read = parseDigestAuthorization(formatDigestAuthorization({ ...asked, response }));
          assert.ok(verifyDigestResponse(read, "GET", password));
          assert.ok(!verifyDigestResponse(read, "GET", `${password}x`));
          assert.ok(!verifyDigestResponse({ ...read, uri: `${read.uri}x` }, "GET", password));
          assert.ok(!verifyDigestResponse({ ...read, nonce: `${read.nonce}x` }, "GET", password));
        },
      ),
    );
  });

  it("are asked for with or without qop", () => {
    assert.equal(
      formatDigestChallenge({ realm: "Sightline", nonce: "n", isStale: true }),
      'Digest realm="Sightline", qop="auth", algorithm=MD5, nonce="n", stale=true',
    );
    assert.equal(
      formatDigestChallenge({ realm: 'a"b', nonce: "n", offersQuality: false }),
      'Digest realm="a\\"b", algorithm=MD5, nonce="n"',
    );
  });
});
