/**
 * Runs one command in a fresh camera VM with the usual cameras (vivid at /dev/video0, v4l2loopback at /dev/video10 and 11)
 * and ends with its exit status:
 *   node build/test/camera-vm/run.js [-f GUESTPORT]... COMMAND [ARG...]
 */
import { CameraVm } from "../support/camera-vm.ts";
import { plugLoopback, plugVivid } from "../support/camera-vm-cameras.ts";

const argv = process.argv.slice(2);
const guestPorts: number[] = [];
while (argv[0] === "-f") guestPorts.push(Number(argv.splice(0, 2)[1]));

const vm = await CameraVm.boot();
try {
  await plugVivid(vm);
  await plugLoopback(vm);
  for (const port of guestPorts) process.stderr.write(`127.0.0.1:${await vm.forward(port)} -> ${port}\n`);
  const command = vm.start(argv, process.cwd());
  command.pipe(process.stdout, process.stderr);
  const { code } = await command.finished(3_600_000);
  process.exitCode = code ?? 1;
} finally {
  await vm.stop();
}
