import koffi from "koffi";
import { systemClock } from "../../core/clock.ts";
import type { CameraDriver } from "../controls/control-driver.ts";
import { identifyCamera } from "./camera-identity.ts";
import { createControlDriver } from "./control-ioctls.ts";
import { libc } from "./libc.ts";
import { SystemCallError } from "./system-call-error.ts";

/** What controls need of the operating system. Everything that may take the camera's time runs off the event loop. */
export interface ControlSystem {
  /** Opens a node for reading and writing. Rejects with SystemCallError. */
  open(path: string): Promise<number>;
  /** A second descriptor of the same open node: it stays usable when the first one is closed. Throws SystemCallError. */
  duplicate(fd: number): number;
  close(fd: number): Promise<void>;
  driver(fd: number): CameraDriver;
}

const F_DUPFD_CLOEXEC = 1030;
const callFcntl = koffi.load(null).func("fcntl", "int", ["int", "int", "long"]) as (
  ...args: readonly number[]
) => number;

function duplicate(fd: number): number {
  const copy = callFcntl(fd, F_DUPFD_CLOEXEC, 0);
  if (copy === -1) throw new SystemCallError("fcntl", koffi.errno());
  return copy;
}

/** The machine's own. */
export const controlSystem: ControlSystem = {
  open: (path) => libc.worker.open(path),
  duplicate,
  close: (fd) => libc.worker.close(fd),
  driver: (fd) => ({
    ...createControlDriver((request, argument) => libc.worker.ioctl(fd, request, argument)),
    identity: () => identifyCamera(libc, fd, systemClock),
  }),
};
