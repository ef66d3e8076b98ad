/** One entity that every device of a kind has; the reference of entities is made from these. */
export interface Entity<Topics> {
  /** Part of the identifiers; never changes. */
  readonly key: string;
  readonly platform: string;
  /** What it shows or does, for the reference. */
  readonly doc: string;
  /** Only with movement detection, or where the camera has controls. */
  readonly needs?: "motion" | "controls";
  /** Available as long as Sightline is, whatever the camera does. */
  readonly always?: true;
  /** The platform's keys; `name: null` takes the device's name. */
  readonly describe: (topics: Topics) => EntityKeys;
}

/** The platform's keys of one entity, by Home Assistant's names. */
export interface EntityKeys {
  readonly name: string | null;
  readonly entity_category?: string;
  readonly [key: string]: unknown;
}

/** Shown apart from what the device is for. */
export const diagnostic = { entity_category: "diagnostic" } as const;
export const setting = { entity_category: "config" } as const;
/** There, but to be switched on by whoever wants it. */
export const rare = { enabled_by_default: false } as const;
