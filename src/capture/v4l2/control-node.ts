import type { CameraDriver, DriverLender } from "../controls/control-driver.ts";
import type { ControlSystem } from "./control-system.ts";
import { toDeviceError } from "./device-errors.ts";
import { isSystemCallError } from "./system-call-error.ts";

/** Lends the open node, or one opened for the caller alone. */
export interface ControlNode extends DriverLender {
  /** From now on the node is open as `fd`: keeps a duplicate. Throws SystemCallError. */
  attach(fd: number): void;
  /** Closes the duplicate, when what is under way on it has ended. */
  detach(): void;
}

/** The node at `device`, opened only while somebody uses it. */
export function createControlNode(device: string, system: ControlSystem): ControlNode {
  let attached: number | undefined;
  let inUse: number | undefined;
  let last: Promise<unknown> = Promise.resolve();

  /** Whoever closes last closes in the background: there is nobody to tell and nothing to be done about an error. */
  function discard(fd: number): void {
    system.close(fd).catch(() => undefined);
  }

  async function once<T>(work: (driver: CameraDriver) => Promise<T>): Promise<T> {
    const fd = attached ?? (await system.open(device));
    inUse = fd;
    try {
      return await work(system.driver(fd));
    } finally {
      inUse = undefined;
      if (fd !== attached) await system.close(fd);
    }
  }

  async function translated<T>(work: (driver: CameraDriver) => Promise<T>): Promise<T> {
    try {
      return await once(work);
    } catch (error) {
      throw isSystemCallError(error) ? await toDeviceError(error, device) : error;
    }
  }

  function detach(): void {
    const fd = attached;
    attached = undefined;
    if (fd !== undefined && fd !== inUse) discard(fd);
  }

  function inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = last.then(work);
    last = result.catch(() => undefined);
    return result;
  }

  return {
    lend: (work) => inTurn(() => translated(work)),
    lendIfOpen: (work) => inTurn(async () => (attached === undefined ? undefined : translated(work))),
    attach(fd) {
      detach();
      // A duplicate: the capture may close its own at any time, and the number may then be another file's.
      attached = system.duplicate(fd);
    },
    detach,
  };
}
