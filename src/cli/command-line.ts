import { parseArgs } from "node:util";
import type { ConfigFlags } from "../config/load.ts";
import { nearestName } from "../config/nearest-name.ts";

/** The words and flags after `sightline` cannot be understood; exit status 64 (EX_USAGE). */
export class UsageError extends Error {
  override readonly name = "UsageError";
}

/** What the user asked for. */
export type CommandLine =
  | { readonly command: "serve" | "check"; readonly flags: ConfigFlags }
  | { readonly command: "devices"; readonly json: boolean; readonly flags: ConfigFlags }
  | {
      readonly command: "controls";
      /** The device whose controls are wanted; undefined: every one. */
      readonly device: string | undefined;
      readonly json: boolean;
      readonly flags: ConfigFlags;
    }
  | {
      readonly command: "mqtt";
      readonly action: "dry-run" | "clear";
      readonly json: boolean;
      readonly flags: ConfigFlags;
    }
  | { readonly command: "tls"; readonly flags: ConfigFlags }
  | UserCommandLine
  | { readonly command: "help" | "version" };

/** `sightline user ACTION [NAME]`. */
export interface UserCommandLine {
  readonly command: "user";
  readonly action: (typeof userActions)[number];
  /** Undefined with `list` and `hash`, and with `login-link` where the admin is meant. */
  readonly name: string | undefined;
  /** With `add` only; not checked yet. */
  readonly role: string | undefined;
  /** With `add` only: ids; undefined: all. */
  readonly cameras: readonly string[] | undefined;
  /** With `device-password` only: what is to become of it; undefined: it is shown. */
  readonly change: "renew" | "remove" | undefined;
  readonly json: boolean;
  readonly flags: ConfigFlags;
}

const userActions = ["add", "remove", "list", "password", "device-password", "login-link", "hash"] as const;

const options = {
  config: { type: "string", short: "c" },
  host: { type: "string" },
  port: { type: "string", short: "p" },
  device: { type: "string", short: "d" },
  "data-dir": { type: "string" },
  "log-level": { type: "string", short: "l" },
  set: { type: "string", multiple: true },
  json: { type: "boolean" },
  "dry-run": { type: "boolean" },
  clear: { type: "boolean" },
  role: { type: "string" },
  cameras: { type: "string" },
  renew: { type: "boolean" },
  remove: { type: "boolean" },
  "self-signed": { type: "boolean" },
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "V" },
} as const;

const commands = ["serve", "devices", "controls", "check", "mqtt", "tls", "user", "help", "version"] as const;
/** Commands that `--json` goes with. */
const answersInJson = ["devices", "controls", "mqtt", "user list"];

/** Reads the arguments after the program's name. Throws {@link UsageError} with what was probably meant. */
export function parseCommandLine(argv: readonly string[]): CommandLine {
  const { values, positionals, tokens } = parseArgs({
    args: [...argv],
    options,
    allowPositionals: true,
    strict: false,
    tokens: true,
  });
  // Whoever asks for help gets it, whatever else is wrong on the line.
  if (values.help === true) return { command: "help" };
  for (const token of tokens) if (token.kind === "option") checkOption(token);
  if (values.version === true) return { command: "version" };
  const [word = "serve", ...operands] = positionals;
  const command = commands.find((name) => name === word);
  if (!command) throw new UsageError(`unknown command ${quote(word)}${hint(word, commands)}`);
  if (command === "user") return readUserCommand(operands, values);
  checkOperands(command, operands);
  if (command === "help" || command === "version") return { command };
  const json = values.json === true;
  if (json) checkJson(command);
  const flags = toFlags(values);
  refuseFlags(["role", "cameras"], "user add", command, values);
  refuseFlags(deviceFlags, "user device-password", command, values);
  const actions = (["dry-run", "clear"] as const).filter((name) => values[name] === true);
  if (command === "mqtt") return { command, action: readAction(actions), json, flags };
  refuseFlags(["dry-run", "clear"], "mqtt", command, values);
  const isSelfSigned = values["self-signed"] === true;
  if (command === "tls") return { command: readTls(isSelfSigned), flags };
  if (isSelfSigned) throw new UsageError(`--self-signed goes with tls, not with ${command}`);
  if (command === "devices") return { command, json, flags };
  if (command === "controls") return { command, device: operands[0] ?? flags.device, json, flags };
  return { command, flags };
}

function readUserCommand([word, name, extra]: readonly string[], values: Values): UserCommandLine {
  const action = userActions.find((known) => known === word);
  if (!action) {
    const what = word === undefined ? "user needs an action" : `unknown action ${quote(word)}`;
    throw new UsageError(`${what}${word === undefined ? `: ${userActions.join(", ")}` : hint(word, userActions)}`);
  }
  const command = `user ${action}`;
  const needsName = action !== "list" && action !== "hash";
  const tooMany = needsName ? extra : name;
  // What stands there by mistake may be a password.
  if (tooMany !== undefined && action === "hash") throw new UsageError(`${command} takes no operand`);
  if (tooMany !== undefined) throw new UsageError(`${command} takes no ${quote(tooMany)}`);
  if (needsName && action !== "login-link" && !name) throw new UsageError(`${command} needs a name`);
  if (values["json"] === true) checkJson(command);
  if (action !== "add") refuseFlags(["role", "cameras"], "user add", command, values);
  if (action !== "device-password") refuseFlags(deviceFlags, "user device-password", command, values);
  refuseFlags(["dry-run", "clear"], "mqtt", command, values);
  const { role, cameras } = values;
  const [change, other] = deviceFlags.filter((flag) => values[flag] === true);
  if (other !== undefined) throw new UsageError(`${command} takes one of --renew and --remove`);
  return {
    command: "user",
    action,
    name,
    role: typeof role === "string" ? role : undefined,
    cameras: typeof cameras === "string" ? cameras.split(",").map((id) => id.trim()) : undefined,
    change,
    json: values["json"] === true,
    flags: toFlags(values),
  };
}

const deviceFlags = ["renew", "remove"] as const;

function checkJson(command: string): void {
  if (answersInJson.includes(command)) return;
  throw new UsageError(
    `--json goes with ${answersInJson.slice(0, -1).join(", ")} and ${answersInJson.at(-1)}, not with ${command}`,
  );
}

/** These flags are for another command. */
function refuseFlags(names: readonly string[], owner: string, command: string, values: Values): void {
  const given = names.find((name) => values[name] !== undefined);
  if (given !== undefined) throw new UsageError(`--${given} goes with ${owner}, not with ${command}`);
}

/** What `mqtt` is to do. */
function readAction([action, ...others]: readonly ("dry-run" | "clear")[]): "dry-run" | "clear" {
  if (action === undefined || others.length > 0) throw new UsageError("mqtt needs one of --dry-run and --clear");
  return action;
}

/** There is one way to a certificate as yet; it is said, lest it be taken for one that others trust. */
function readTls(isSelfSigned: boolean): "tls" {
  if (!isSelfSigned) throw new UsageError("tls needs --self-signed");
  return "tls";
}

interface OptionToken {
  readonly name: string;
  readonly rawName: string;
  readonly value: string | undefined;
  readonly inlineValue: boolean | undefined;
}

/** What parseArgs would say itself, but in our words and without the value, which may be a secret. */
function checkOption({ name, rawName, value, inlineValue }: OptionToken): void {
  if (!isOption(name)) {
    const known = Object.entries(options).flatMap(([long, option]) =>
      "short" in option ? [`--${long}`, `-${option.short}`] : [`--${long}`],
    );
    throw new UsageError(
      `unknown flag ${quote(rawName)}${hint(
        rawName,
        known.filter((flag) => flag.startsWith("--")),
      )}`,
    );
  }
  if (options[name].type === "boolean" && value !== undefined) throw new UsageError(`${rawName} takes no value`);
  if (options[name].type === "boolean") return;
  const isNextFlag = inlineValue === false && value?.startsWith("-") === true;
  if (!value || isNextFlag) throw new UsageError(`${rawName} needs a value`);
}

function isOption(name: string): name is keyof typeof options {
  return Object.hasOwn(options, name);
}

function checkOperands(command: string, operands: readonly string[]): void {
  const extra = operands[command === "controls" ? 1 : 0];
  if (extra === undefined) return;
  throw new UsageError(
    command === "controls"
      ? `controls takes one device, not also ${quote(extra)}`
      : `${command} takes no ${quote(extra)}`,
  );
}

type Values = Readonly<Record<string, string | boolean | (string | boolean)[] | undefined>>;

function toFlags(values: Values): ConfigFlags {
  const { config, host, port, device, set } = values;
  const given = { config, host, port, device, dataDir: values["data-dir"], logLevel: values["log-level"] };
  const texts = Object.entries(given).filter((entry): entry is [string, string] => typeof entry[1] === "string");
  const assignments = Array.isArray(set) ? set.filter((value) => typeof value === "string") : [];
  return { ...Object.fromEntries(texts), ...(assignments.length > 0 ? { set: assignments } : {}) };
}

function hint(word: string, known: readonly string[]): string {
  const near = nearestName(word, known);
  return near === undefined ? "; see sightline --help" : `; did you mean ${near}?`;
}

/** A word from the command line without anything that could trick a terminal. */
function quote(word: string): string {
  return JSON.stringify(word.length > 60 ? `${word.slice(0, 60)}…` : word);
}
