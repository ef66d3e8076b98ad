/** What was measured, by who it was. */
export type Turns<Name extends string, Result> = ReadonlyMap<Name, readonly Result[]>;

/**
 * Measures each of `names` once in every round. A different one begins each round, so that none always finds the machine
 * as the same other left it.
 */
export async function inTurns<Name extends string, Result>(
  names: readonly Name[],
  rounds: number,
  measure: (name: Name, round: number) => Promise<Result>,
): Promise<Turns<Name, Result>> {
  const results = new Map<Name, Result[]>(names.map((name) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    const start = round % names.length;
    for (const name of [...names.slice(start), ...names.slice(0, start)]) {
      results.get(name)?.push(await measure(name, round));
    }
  }
  return results;
}
