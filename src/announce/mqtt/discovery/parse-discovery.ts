import type { Component } from "./device-config.ts";

/**
 * The components of a discovery message that an earlier run left with the broker, by key; those that only say that they are
 * gone are left out. Anything that is not such a message has none.
 */
export function parseComponents(payload: Buffer): Readonly<Record<string, Component>> {
  const components = member(parseJson(payload), "components");
  if (!isRecord(components)) return {};
  const found = Object.entries(components).filter(
    (entry): entry is [string, Component] =>
      isRecord(entry[1]) && typeof entry[1]["platform"] === "string" && Object.keys(entry[1]).length > 1,
  );
  return Object.fromEntries(found);
}

function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString("utf8"));
  } catch {
    return undefined;
  }
}

function member(value: unknown, name: string): unknown {
  return isRecord(value) ? value[name] : undefined;
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
