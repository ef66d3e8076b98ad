import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { parseCommandLine, UsageError } from "../../../src/cli/command-line.ts";
import { helpText } from "../../../src/cli/help.ts";

test("commands, with serve as the one that need not be said", () => {
  assert.deepEqual(parseCommandLine([]), { command: "serve", flags: {} });
  assert.deepEqual(parseCommandLine(["serve"]), { command: "serve", flags: {} });
  assert.deepEqual(parseCommandLine(["check", "-c", "x"]), { command: "check", flags: { config: "x" } });
  assert.deepEqual(parseCommandLine(["devices", "--json"]), { command: "devices", json: true, flags: {} });
  assert.deepEqual(parseCommandLine(["controls", "/dev/video0"]), {
    command: "controls",
    device: "/dev/video0",
    json: false,
    flags: {},
  });
  assert.deepEqual(parseCommandLine(["mqtt", "--dry-run", "--json"]), {
    command: "mqtt",
    action: "dry-run",
    json: true,
    flags: {},
  });
  assert.deepEqual(parseCommandLine(["tls", "--self-signed"]), { command: "tls", flags: {} });
  assert.deepEqual(
    parseCommandLine(["user", "add", "anna", "--role", "viewer", "--cameras", "a, b", "--data-dir", "d"]),
    {
      command: "user",
      action: "add",
      name: "anna",
      role: "viewer",
      cameras: ["a", "b"],
      change: undefined,
      json: false,
      flags: { dataDir: "d" },
    },
  );
  const list = {
    command: "user",
    action: "list",
    name: undefined,
    role: undefined,
    cameras: undefined,
    change: undefined,
    json: true,
    flags: {},
  };
  assert.deepEqual(parseCommandLine(["user", "list", "--json"]), list);
  assert.deepEqual(parseCommandLine(["user", "login-link"]), { ...list, action: "login-link", json: false });
  for (const change of ["renew", "remove"] as const) {
    assert.deepEqual(parseCommandLine(["user", "device-password", "anna", `--${change}`]), {
      ...list,
      action: "device-password",
      name: "anna",
      change,
      json: false,
    });
  }
  const byFlag = parseCommandLine(["controls", "-d", "/dev/video1"]);
  assert.equal(byFlag.command === "controls" && byFlag.device, "/dev/video1");
});

test("flags in every spelling, --set as often as wanted", () => {
  const line = "--config=a --host :: -p81 -d /dev/video0 --data-dir d -l D --set a.b=1 --set=c=x=y --set mqtt.url=";
  assert.deepEqual(parseCommandLine(line.split(" ")), {
    command: "serve",
    flags: {
      config: "a",
      host: "::",
      port: "81",
      device: "/dev/video0",
      dataDir: "d",
      logLevel: "D",
      set: ["a.b=1", "c=x=y", "mqtt.url="],
    },
  });
});

test("help and version, help also when the rest is wrong", () => {
  for (const argv of [["-h"], ["--help"], ["help"], ["--colour", "-h"]]) {
    assert.deepEqual(parseCommandLine(argv), { command: "help" });
  }
  for (const argv of [["-V"], ["--version"], ["version"]])
    assert.deepEqual(parseCommandLine(argv), { command: "version" });
});

const mistakes: readonly (readonly [line: string, message: string])[] = [
  ["--prot 80", 'unknown flag "--prot"; did you mean --port?'],
  ["-x", 'unknown flag "-x"; see sightline --help'],
  ["--passwort=hunter2", 'unknown flag "--passwort"; see sightline --help'],
  ["--no-json", 'unknown flag "--no-json"; did you mean --json?'],
  ["--port", "--port needs a value"],
  ["tls", "tls needs --self-signed"],
  ["check --self-signed", "--self-signed goes with tls, not with check"],
  ["--port --json", "--port needs a value"],
  ["--host=", "--host needs a value"],
  ["--version=3", "--version takes no value"],
  ["devces", 'unknown command "devces"; did you mean devices?'],
  ["record", 'unknown command "record"; see sightline --help'],
  ["controls a b", 'controls takes one device, not also "b"'],
  ["devices a", 'devices takes no "a"'],
  ["--json", "--json goes with devices, controls, mqtt and user list, not with serve"],
  ["user", "user needs an action: add, remove, list, password, device-password, login-link, hash"],
  ["user ad anna", 'unknown action "ad"; did you mean add?'],
  ["user add", "user add needs a name"],
  ["user add a b", 'user add takes no "b"'],
  ["user list a", 'user list takes no "a"'],
  ["user hash secret", "user hash takes no operand"],
  ["user add a --json", "--json goes with devices, controls, mqtt and user list, not with user add"],
  ["user remove a --role admin", "--role goes with user add, not with user remove"],
  ["check --cameras a", "--cameras goes with user add, not with check"],
  ["user remove a --renew", "--renew goes with user device-password, not with user remove"],
  ["serve --remove", "--remove goes with user device-password, not with serve"],
  ["user device-password a --renew --remove", "user device-password takes one of --renew and --remove"],
  ["user list --clear", "--clear goes with mqtt, not with user list"],
  ["user add a --role", "--role needs a value"],
  ["mqtt", "mqtt needs one of --dry-run and --clear"],
  ["mqtt --dry-run --clear", "mqtt needs one of --dry-run and --clear"],
  ["devices --clear", "--clear goes with mqtt, not with devices"],
  ["mqtt now --clear", 'mqtt takes no "now"'],
];

for (const [line, message] of mistakes) {
  test(`wrong: ${line}`, () => assert.throws(() => parseCommandLine(line.split(" ")), { name: "UsageError", message }));
}

test("any arguments are understood or explained on one printable line", () => {
  const word = fc.oneof(
    fc.string(),
    fc.constantFrom("-c", "--set", "--port=", "--", "-", "controls", "-p", "--json", "\u001b[2J"),
  );
  fc.assert(
    fc.property(fc.array(word, { maxLength: 5 }), (argv) => {
      try {
        parseCommandLine(argv);
      } catch (error) {
        if (!(error instanceof UsageError)) throw error;
        // oxlint-disable-next-line no-control-regex
        assert.doesNotMatch(error.message, /[\u0000-\u001f]/);
      }
    }),
  );
});

test("the help names every command and flag and fits a terminal", () => {
  for (const word of "serve devices controls check mqtt user add remove list password device-password login-link hash --role --cameras --dry-run --clear --json --config --host --port --device --data-dir --log-level --set --help --version -c -p -d -l -h -V".split(
    " ",
  )) {
    assert.match(helpText, new RegExp(`(^|[ \\[])${word}\\b`, "m"), word);
  }
  for (const line of helpText.split("\n")) assert.ok(line.length <= 100, line);
});
