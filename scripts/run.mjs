// One child process, its output passed through; ends this process when the child fails.
import { spawn } from "node:child_process";

export function run(command, args, options = {}) {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: "inherit", ...options });
    child.on("error", (error) => fail(`${command}: ${error.message}`, 127));
    child.on("exit", (code, signal) => {
      if (code === 0) resolve();
      else if (options.tolerant) resolve(code ?? 1);
      else fail(`${command} ${args.join(" ")}: ${signal ? `ended by ${signal}` : `exit status ${code}`}`, code ?? 1);
    });
  });
}

export function fail(message, status = 1) {
  process.stderr.write(`${message}\n`);
  process.exit(status);
}
