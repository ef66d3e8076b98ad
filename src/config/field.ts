/** How a value is read and checked; each name is a convict format (see `formats.ts`). */
export type FormatName =
  | "text"
  | "whole" // a whole number
  | "decimal"
  | "size" // a whole number with an optional k, M, G, T
  | "flag"
  | "choice"
  | "list" // of one kind of field
  | "points" // corners of a polygon
  | "controls" // camera controls by name
  | "sections"; // a list of groups of keys

/**
 * One key of the configuration: a convict property with the parameters of its format beside it. `T` is the type that it
 * has once loaded; `undefined` as default means that the key may be absent and then stays absent.
 */
export interface Field<T = unknown> {
  /** What the key means, in one or two sentences for the reference page. */
  readonly doc: string;
  readonly format: FormatName;
  readonly default: T;
  /** Its value is never shown. */
  readonly sensitive?: boolean;
  readonly min?: number;
  readonly max?: number;
  /** Unit of a number, for people. */
  readonly unit?: string;
  readonly choices?: readonly (string | number)[];
  /** Other spellings of a choice, in lower case. */
  readonly aliases?: Readonly<Record<string, string | number>>;
  /** Which texts are right, and that in words ("must be …"). */
  readonly accepts?: (value: string) => boolean;
  readonly must?: string;
  /** Fields of a `list`, keys of each group of `sections`. */
  readonly item?: Field;
  readonly section?: Section;
  /** A value for the example file where the default does not show how it is written. YAML. */
  readonly example?: string;
  /** Does not go together with another key that the example file shows: it stays a comment there. */
  readonly alternative?: true;
  /** Must be given: the default only says what type it has. */
  readonly required?: true;
}

/** A group of keys. */
export interface Section {
  readonly [key: string]: Field | Section;
}

/** The loaded form of a {@link Section}: keys whose default is `undefined` are optional. */
export type Settings<S extends Section> = {
  readonly [K in keyof S as IsOptional<S[K]> extends true ? never : K]: Loaded<S[K]>;
} & {
  readonly [K in keyof S as IsOptional<S[K]> extends true ? K : never]?: Exclude<Loaded<S[K]>, undefined>;
};

type Loaded<N> = N extends Field<infer T> ? T : N extends Section ? Settings<N> : never;
type IsOptional<N> = N extends Field<infer T> ? (undefined extends T ? true : false) : false;

interface Words<D> {
  readonly doc: string;
  readonly default: D;
  readonly sensitive?: true;
  readonly example?: string;
  readonly required?: true;
  readonly alternative?: true;
}
interface Range {
  readonly min: number;
  readonly max: number;
  readonly unit?: string;
}

export function isField(node: Field | Section): node is Field {
  return typeof node["format"] === "string";
}

/** Text; `accepts` and `must` narrow it. */
export function text<D extends string | undefined>(
  spec: Words<D> & { readonly accepts?: (value: string) => boolean; readonly must?: string },
): Field<string | D> {
  return { format: "text", ...spec };
}

/** A whole number from `min` to `max`. */
export function whole<D extends number | undefined>(spec: Words<D> & Range): Field<number | D> {
  return { format: "whole", ...spec };
}

/** Any number from `min` to `max`. */
export function decimal<D extends number | undefined>(spec: Words<D> & Range): Field<number | D> {
  return { format: "decimal", ...spec };
}

/** A whole number that may be written with k, M, G or T (powers of 1000) or Ki, Mi, Gi or Ti (of 1024). */
export function size<D extends number | undefined>(spec: Words<D> & Range): Field<number | D> {
  return { format: "size", ...spec };
}

/** Yes or no. */
export function flag<D extends boolean | undefined>(spec: Words<D>): Field<boolean | D> {
  return { format: "flag", ...spec };
}

/** One of a few words or numbers. */
export function choice<const C extends readonly (string | number)[], D extends C[number] | undefined>(
  spec: Words<D> & { readonly choices: C; readonly aliases?: Readonly<Record<string, C[number]>> },
): Field<C[number] | D> {
  return { format: "choice", ...spec };
}

/** A list of `item`; with `undefined` as default it may be absent. */
export function list<T, D extends readonly T[] | undefined>(
  spec: Words<D> & { readonly item: Field<T> },
): Field<readonly T[] | D> {
  return { format: "list", ...spec };
}

/** A list of groups of keys, empty by default. */
export function sections<S extends Section>(
  spec: Omit<Words<unknown>, "default"> & { readonly section: S },
): Field<readonly Settings<S>[]> {
  return { format: "sections", default: [], ...spec };
}

/** The same keys without defaults: what is absent stays absent. */
export type Overrides<S extends Section> = {
  readonly [K in keyof S]: S[K] extends Field<infer T> ? Field<T | undefined> : S[K];
};

/** The keys of `section` without their defaults, for settings that replace others only where they are given. */
export function overrides<S extends Section>(section: S): Overrides<S> {
  const entries = Object.entries(section).map(([key, node]) => [
    key,
    isField(node) ? { ...node, default: undefined, ...exampleOf(node) } : overrides(node),
  ]);
  return Object.fromEntries(entries) as Overrides<S>;
}

function exampleOf({ example, default: value }: Field): { readonly example?: string } {
  if (example !== undefined) return { example };
  return typeof value === "string" || typeof value === "number" || typeof value === "boolean"
    ? { example: String(value) }
    : {};
}
