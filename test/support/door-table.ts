/** How somebody tries a door, in the order of the columns: five groups in each row of a table of doors. */
export const doorCallers = [
  // With name and login password.
  ["nobody", "viewer", "control", "admin"],
  // With what is wrong, over, or of somebody who is gone.
  [
    "wrong password",
    "wrong Digest",
    "expired token",
    "token of a removed user",
    "expired session",
    "session of a removed user",
    "tampered signature",
    "expired signature",
    "signature for another camera",
  ],
  // With an admin's token of one permission alone.
  ["token to view", "token to snapshot", "token to control", "token to admin"],
  // Whose only camera is another one: role control, and an admin's token of all permissions.
  ["user of another camera", "token of another camera"],
  // With what an admin lent.
  ["signed address", "device password, Basic", "device password, Digest"],
  // In a browser's session of an admin.
  ["session without CSRF token", "session with CSRF token"],
] as const;

export type DoorCaller = (typeof doorCallers)[number][number];

/** `+`: let in. `1`, `3`, `4`: refused with 401, 403; told that there is no such thing (404). */
const signs: Readonly<Record<string, number>> = { "+": 200, "1": 401, "3": 403, "4": 404 };

/** What everybody must be answered at one door, in one case. */
export interface DoorRow {
  /** Method and path as the running program names them; other protocols put their name in front. */
  readonly door: string;
  /** What is asked for there, where one door knows several cases. */
  readonly about: string;
  /** Statuses; 200 stands for each that lets in. */
  readonly expected: ReadonlyMap<DoorCaller, number>;
}

/**
 * Reads a table: a row a line, `METHOD PATH [(case)]` and then the groups of {@link doorCallers}, one sign for each caller. Throws
 * Error where a row has not exactly these.
 */
export function parseDoorTable(text: string): readonly DoorRow[] {
  const lines = text.split("\n").map((line) => line.trim());
  return lines.filter((line) => line !== "").map(parseDoorRow);
}

function parseDoorRow(line: string): DoorRow {
  const [, door = "", about = "", cells = ""] = /^(\S+ \S+)(?: +\((.*)\))? +([-+\d ]+)$/.exec(line) ?? [];
  const groups = cells.split(/ +/);
  const lengths = groups.map((group) => group.length);
  if (String(lengths) !== String(doorCallers.map((group) => group.length))) throw new Error(`not a row: ${line}`);
  const expected = doorCallers.flat().map((caller, index) => {
    const status = signs[groups.join("")[index] ?? ""];
    if (status === undefined) throw new Error(`not a sign for "${caller}": ${line}`);
    return [caller, status] as const;
  });
  return { door, about, expected: new Map(expected) };
}

/** Where the doors that are open and the rows of a table differ, in words; nothing where each has the other. */
export function compareDoors(open: readonly string[], rows: readonly DoorRow[]): readonly string[] {
  const named = rows.map(({ door }) => door);
  // Whoever may GET may ask for the head.
  const heads = named.filter((door) => door.startsWith("GET ")).map((door) => door.replace("GET", "HEAD"));
  const written = new Set([...named, ...heads]);
  const isOpen = new Set(open);
  return [
    ...[...isOpen].filter((door) => !written.has(door)).map((door) => `${door}: the table has no row for this door`),
    ...[...written].filter((door) => !isOpen.has(door)).map((door) => `${door}: no door is open for this row`),
  ];
}
