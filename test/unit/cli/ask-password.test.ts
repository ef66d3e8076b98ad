import assert from "node:assert/strict";
import { PassThrough } from "node:stream";
import { describe, it } from "node:test";
import fc from "fast-check";
import { askPassword } from "../../../src/cli/ask-password.ts";

/** Something that is typed, or comes by a pipe, and what is shown. */
function source(isTTY: boolean) {
  const input = Object.assign(new PassThrough(), { isTTY });
  const output = new PassThrough();
  return { input, output, shown: () => String(output.read() ?? "") };
}

async function fromPipe(text: string): Promise<string | undefined> {
  const { input, output } = source(false);
  input.end(text);
  return askPassword("Password", { input, output });
}

/** Types one line after the other, each when it is asked for. */
async function type(...lines: readonly string[]): Promise<{ password: string | undefined; shown: string }> {
  const { input, output } = source(true);
  let shown = "";
  const left = [...lines];
  output.on("data", (chunk: Buffer) => {
    shown += chunk.toString();
    const next = chunk.toString().endsWith(": ") ? left.shift() : undefined;
    if (next !== undefined) setImmediate(() => input.write(next));
  });
  return { password: await askPassword("Password", { input, output }), shown };
}

describe("a password", () => {
  it("from a pipe is its first line", async () => {
    assert.equal(await fromPipe("secret words\nmore\n"), "secret words");
    assert.equal(await fromPipe("secret\r\n"), "secret");
    assert.equal(await fromPipe(" no line end "), " no line end ");
    assert.equal(await fromPipe(""), undefined);
    assert.equal(await fromPipe("\n"), undefined);
  });

  it("on a terminal is asked for twice and not shown", async () => {
    const { password, shown } = await type("secret\r", "secret\r");
    assert.equal(password, "secret");
    assert.equal(shown, "Password: \nOnce more: \n");
    assert.equal((await type("sex\u007fcret\r", "secret\r")).password, "secret");
    assert.equal((await type("\r")).password, undefined);
    assert.equal((await type("\u0004")).password, undefined);
  });

  it("must be the same twice, and Ctrl-C gives up", async () => {
    await assert.rejects(type("secret\r", "other\r"), {
      name: "UsageError",
      message: "the two passwords are not the same",
    });
    await assert.rejects(type("\u0003"), { name: "UsageError", message: "given up: nothing was changed" });
    await assert.rejects(type("secret\r", "\u0003"), { name: "UsageError" });
  });

  it("from a pipe: any text is its first line, or nothing", async () => {
    await fc.assert(
      fc.asyncProperty(fc.string(), async (text) => {
        const password = await fromPipe(text);
        assert.ok(password === undefined || text.startsWith(password));
      }),
      { numRuns: 50 },
    );
  });
});
