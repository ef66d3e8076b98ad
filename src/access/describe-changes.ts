import { isDeepStrictEqual } from "node:util";
import type { UsersDocument } from "./user-records.ts";

/** What is different between two states of the accounts, a line each; uses of tokens and links are no change. */
export function describeChanges(before: UsersDocument, after: UsersDocument): readonly string[] {
  return [
    ...describeUsers(before, after),
    ...compare(before.devices, after.devices, ({ user }) => user).map(
      ({ what, entry }) => `the device password of ${entry.user} was ${what === "changed" ? "renewed" : what}`,
    ),
    ...compare(before.tokens, after.tokens, ({ id }) => id)
      .filter(({ what }) => what !== "changed")
      .map(({ what, entry }) => `the token ${entry.name} (${entry.id}) of ${entry.user} was ${what}`),
    ...compare(before.loginLinks, after.loginLinks, ({ hash }) => hash)
      .filter(({ what }) => what === "made")
      .map(({ entry }) => `a login link for ${entry.user} was made`),
  ];
}

function describeUsers(before: UsersDocument, after: UsersDocument): string[] {
  return compare(before.users, after.users, ({ name }) => name).map(({ what, entry, old }) => {
    if (what !== "changed") return `the account ${entry.name} (${entry.role}) was ${what}`;
    const parts = [
      ...(old?.generation === entry.generation ? [] : ["a new password"]),
      ...(old?.role === entry.role ? [] : [`the role ${entry.role}`]),
      ...(String(old?.cameras) === String(entry.cameras) ? [] : ["other cameras"]),
    ];
    return `the account ${entry.name} was given ${parts.join(", ") || "other words"}`;
  });
}

interface Difference<T> {
  readonly what: "made" | "removed" | "changed";
  readonly entry: T;
  readonly old?: T;
}

function compare<T>(before: readonly T[], after: readonly T[], keyOf: (entry: T) => string): readonly Difference<T>[] {
  const [olds, news] = [before, after].map((list) => new Map(list.map((entry) => [keyOf(entry), entry])));
  const added = after.flatMap((entry): Difference<T>[] => {
    const old = olds?.get(keyOf(entry));
    if (old === undefined) return [{ what: "made", entry }];
    return isDeepStrictEqual(old, entry) ? [] : [{ what: "changed", entry, old }];
  });
  const removed = before.filter((entry) => news?.has(keyOf(entry)) !== true);
  return [...added, ...removed.map((entry): Difference<T> => ({ what: "removed", entry }))];
}
