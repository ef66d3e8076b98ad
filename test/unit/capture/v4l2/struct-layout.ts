import type { TypeObject } from "koffi";
import type { KernelStruct } from "../../../../src/capture/v4l2/kernel-struct.ts";
import { sizes64 } from "../../../../src/capture/v4l2/structs.ts";

/** Sizes of structs by name, offsets and sizes of their fields by `struct.path`. */
export type Layout = Readonly<Record<string, number>>;

/** All fields of a struct, those inside of others too, by their paths. */
function fieldPaths(type: TypeObject): string[] {
  return Object.values(type.members ?? {}).flatMap((member) => [
    member.name,
    ...fieldPaths(member.type).map((path) => `${member.name}.${path}`),
    ...(member.type.ref?.members ? fieldPaths(member.type.ref).map((path) => `${member.name}[1].${path}`) : []),
  ]);
}

/** The structs that are laid out here, with the paths of their fields. */
export function structFields(): ReadonlyMap<KernelStruct, readonly string[]> {
  return new Map([...sizes64.keys()].map((struct) => [struct, fieldPaths(struct.type)]));
}

/** The layout as koffi has it on the machine that runs this. */
export function ownLayout(): Layout {
  return Object.fromEntries(
    [...structFields()].flatMap(([struct, paths]) => [
      [struct.name, struct.sizeBytes],
      ...paths.map((path) => [`${struct.name}.${path}`, struct.offsetOf(path)]),
    ]),
  ) as Layout;
}
