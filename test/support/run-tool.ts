import { spawn } from "node:child_process";

/**
 * Runs a program to its end with `input` on its standard input; resolves to its standard output and rejects with its
 * last words when it fails or is not installed.
 */
export function runTool(command: string, args: readonly string[], input?: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, { stdio: ["pipe", "pipe", "pipe"] });
    const output: Buffer[] = [];
    let complaints = "";
    child.stdout.on("data", (chunk: Buffer) => output.push(chunk));
    child.stderr.on("data", (chunk: Buffer) => (complaints = (complaints + chunk.toString()).slice(-4000)));
    child.stdin.on("error", () => undefined); // a program that ends early tells why by its exit status
    child.on("error", (error) => reject(new Error(`${command}: ${error.message}`)));
    child.on("close", (code) => {
      if (code === 0) resolve(Buffer.concat(output));
      else reject(new Error(`${command} ${args.join(" ")}: exit status ${code}\n${complaints}`));
    });
    child.stdin.end(input);
  });
}
