import type { Log } from "../../core/log.ts";
import type { ControlValue } from "../../hub/camera-controls.ts";
import { memoryStore } from "../../store/memory-store.ts";
import type { StateStore } from "../../store/state-file.ts";
import { DrivenControls } from "../controls/driven-controls.ts";
import { createControlNode, type ControlNode } from "./control-node.ts";
import { controlSystem, type ControlSystem } from "./control-system.ts";

/** What the controls of one V4L2 node are made from. */
export interface V4l2ControlsOptions {
  /** Path of the node. */
  readonly device: string;
  /** The camera's `controls` from the config: set on every open. */
  readonly initial: Readonly<Record<string, ControlValue>>;
  /** What was set at run time is kept there, camera by camera. Default: remembered until the process ends. */
  readonly store?: StateStore;
  readonly log: Log;
  /** Default: the machine's own. */
  readonly system?: ControlSystem;
}

/** The controls of one V4L2 node, whether it is streaming or not, off the event loop. */
export class V4l2Controls extends DrivenControls {
  readonly #node: ControlNode;

  constructor({ device, initial, store = memoryStore(), log, system = controlSystem }: V4l2ControlsOptions) {
    const node = createControlNode(device, system);
    super({ device, initial, store, log, lender: node });
    this.#node = node;
  }

  /**
   * The node was opened as `fd`: uses it until `detach`, and sets the config's values and what is remembered of the
   * camera. Never rejects. Await it before streaming, where a driver lets more be set than later.
   */
  apply(fd: number): Promise<void> {
    return this.restore(() => this.#node.attach(fd));
  }

  /** `fd` is or will soon be closed. What is under way ends on a descriptor of its own. */
  detach(): void {
    this.#node.detach();
  }
}

/** The controls of the node at `device`. Opens nothing yet. */
export function createV4l2Controls(options: V4l2ControlsOptions): V4l2Controls {
  return new V4l2Controls(options);
}
