import type { ControlDriver } from "./control-driver.ts";
import type { ControlSystem } from "./control-system.ts";
import { toDeviceError } from "./device-errors.ts";
import { isSystemCallError } from "./system-call-error.ts";

/** Lends the open node to one caller after the other. */
export interface ControlNode {
  /**
   * Runs `work` when all before it is done: on a duplicate of the attached descriptor, else on one of its own; both are
   * closed afterwards. A SystemCallError becomes a DeviceError, all else stays what it is.
   */
  lend<T>(work: (driver: ControlDriver) => Promise<T>): Promise<T>;
  /** From now on the node is open as `fd`. */
  attach(fd: number): void;
  detach(): void;
}

/** The node at `device`, opened only while somebody uses it. */
export function createControlNode(device: string, system: ControlSystem): ControlNode {
  let attached: number | undefined;
  let last: Promise<unknown> = Promise.resolve();

  async function once<T>(work: (driver: ControlDriver) => Promise<T>): Promise<T> {
    let fd: number | undefined;
    try {
      // A duplicate, since the capture may close its own at any time and the number may then be another file's.
      fd = attached === undefined ? await system.open(device) : system.duplicate(attached);
      return await work(system.driver(fd));
    } catch (error) {
      throw isSystemCallError(error) ? await toDeviceError(error, device) : error;
    } finally {
      if (fd !== undefined) await system.close(fd);
    }
  }

  return {
    lend(work) {
      const result = last.then(() => once(work));
      last = result.catch(() => undefined);
      return result;
    },
    attach(fd) {
      attached = fd;
    },
    detach() {
      attached = undefined;
    },
  };
}
