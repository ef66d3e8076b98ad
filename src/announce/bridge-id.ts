import { randomBytes } from "node:crypto";
import type { StateStore } from "../store/state-file.ts";

const section = "bridge";

/**
 * What tells this Sightline from all others, 12 hexadecimal digits: made once and kept, so that whoever has seen us knows us
 * again after a restart.
 */
export function bridgeId(store: StateStore): string {
  const stored = store.get(section) as { readonly id?: unknown } | undefined;
  if (typeof stored?.id === "string" && /^[0-9a-f]{12}$/.test(stored.id)) return stored.id;
  const id = randomBytes(6).toString("hex");
  store.set(section, { id });
  return id;
}
