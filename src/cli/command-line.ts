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
  | { readonly command: "help" | "version" };

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
  help: { type: "boolean", short: "h" },
  version: { type: "boolean", short: "V" },
} as const;

const commands = ["serve", "devices", "controls", "check", "mqtt", "help", "version"] as const;

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
  checkOperands(command, operands);
  if (command === "help" || command === "version") return { command };
  const json = values.json === true;
  if (json && !["devices", "controls", "mqtt"].includes(command)) {
    throw new UsageError(`--json goes with devices, controls and mqtt, not with ${command}`);
  }
  const flags = toFlags(values);
  const actions = (["dry-run", "clear"] as const).filter((name) => values[name] === true);
  if (command === "mqtt") return { command, action: readAction(actions), json, flags };
  if (actions[0]) throw new UsageError(`--${actions[0]} goes with mqtt, not with ${command}`);
  if (command === "devices") return { command, json, flags };
  if (command === "controls") return { command, device: operands[0] ?? flags.device, json, flags };
  return { command, flags };
}

/** What `mqtt` is to do. */
function readAction([action, ...others]: readonly ("dry-run" | "clear")[]): "dry-run" | "clear" {
  if (action === undefined || others.length > 0) throw new UsageError("mqtt needs one of --dry-run and --clear");
  return action;
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
