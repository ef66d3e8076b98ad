import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { PasswordsBusyError } from "../../../src/access/password-refusals.ts";
import { Turns, type Asker } from "../../../src/access/turns.ts";

/** One turn at a time, taken already; `served` gets the askers as they come up, each of whom ends its turn at once. */
function createTurns() {
  const turns = new Turns(1);
  const served: string[] = [];
  const first = turns.take({ rank: "own", who: "first" });
  const ask = (who: string, rank: Asker["rank"] = "others"): Promise<void> =>
    turns.take({ rank, who }).then(() => {
      served.push(who);
      turns.end();
    });
  return { turns, served, first, ask };
}

describe("turns", () => {
  it("are given line by line, not in the order of arrival", async () => {
    const { turns, served, first, ask } = createTurns();
    const asked = [ask("a"), ask("a"), ask("b"), ask("b"), ask("c")];
    await first;
    turns.end();
    await Promise.all(asked);
    assert.deepEqual(served, ["a", "b", "c", "a", "b"]);
  });

  it("are given to our own work first, then to known addresses, then to others", async () => {
    const { turns, served, first, ask } = createTurns();
    const asked = [ask("stranger"), ask("friend", "known"), ask("own", "own"), ask("other friend", "known")];
    await first;
    turns.end();
    await Promise.all(asked);
    assert.deepEqual(served, ["own", "friend", "other friend", "stranger"]);
  });

  it("are waited for by two in a line, and by 64 lines of a rank; ranks take no room from each other", async () => {
    const { turns, served, first, ask } = createTurns();
    const asked = [ask("0"), ask("0")];
    await assert.rejects(ask("0"), PasswordsBusyError);
    for (let line = 1; line < 64; line += 1) asked.push(ask(String(line)));
    await assert.rejects(ask("64"), PasswordsBusyError);
    asked.push(ask("1"), ask("64", "known"), ask("own", "own"));
    await first;
    turns.end();
    await Promise.all(asked);
    assert.equal(served.length, 64 + 2 + 2);
    await ask("64");
  });
});
