import type { StateStore } from "./state-file.ts";

/** A store that remembers until the process ends: for commands, tests and whoever has no data directory. */
export function memoryStore(): StateStore {
  const sections = new Map<string, string>();
  return {
    get(section): unknown {
      const text = sections.get(section);
      return text === undefined ? undefined : JSON.parse(text);
    },
    set(section, value) {
      if (value === undefined) sections.delete(section);
      else sections.set(section, JSON.stringify(value));
    },
  };
}
