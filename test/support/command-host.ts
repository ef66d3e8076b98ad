// Runs a command source for a test that kills the process around it: `node command-host.js PROGRAM ARGUMENT...`.
// Prints one line per frame.
import { createCommandSource } from "../../src/capture/command/command-source.ts";
import { systemClock } from "../../src/core/clock.ts";
import { silentLog } from "../../src/core/log.ts";

const source = createCommandSource({ command: process.argv.slice(2), clock: systemClock, log: silentLog });
const sink = { format() {}, drop() {}, frame: () => void process.stdout.write("frame\n") };
await source.run(sink, new AbortController().signal);
