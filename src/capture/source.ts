import type { CaptureFormat, DropCause } from "../hub/camera-feed.ts";
import type { Frame } from "../media/frame.ts";

/** Where a source puts what it captures. All methods return at once. */
export interface SourceSink {
  /** The stream is set up and this is what comes next; called before the first frame and again when it changes. */
  format(format: CaptureFormat): void;
  /** One frame as it came from the camera (not yet repaired). The source never touches `frame.bytes` again. */
  frame(frame: Frame): void;
  /** `count` frames (default 1) were lost or refused. */
  drop(cause: DropCause, count?: number): void;
}

/** One way to get video. Holds no retry: the supervisor does that. */
export interface Source {
  /** Device path or command line, for people. */
  readonly origin: string;
  /**
   * Captures until `signal` aborts, then closes everything it opened and resolves; rejects with a DeviceError when the
   * camera fails, again with everything closed.
   */
  run(sink: SourceSink, signal: AbortSignal): Promise<void>;
  /**
   * Whether the camera is there, without opening it: undefined when it is, otherwise why not in plain words. Called
   * about once a second while the camera is idle or lost. Absent: always there.
   */
  absence?(): Promise<string | undefined>;
}
