/** One MJPEG viewer, with what it asked for (ustreamer's names). */
export interface ViewerInfo {
  /** Unique while the process runs. */
  readonly id: string;
  /** Without port. */
  readonly address: string;
  /** Frames a second sent to it lately. */
  readonly fps: number;
  /** What the client called itself by `?key=`. */
  readonly key?: string;
  readonly advanceHeaders: boolean;
  readonly dualFinalFrames: boolean;
  readonly extraHeaders: boolean;
  readonly zeroData: boolean;
}

/** What viewers lost since the process started. */
export interface ViewerLosses {
  /** Frames a viewer did not get because the one before was still under way to it. */
  readonly skipped: number;
  /** Viewers that were closed because they took nothing for 30 s. */
  readonly stuck: number;
}

/** Who watches; given by the outputs that have viewers. Cameras nobody watches or knows have none. */
export interface ViewersPort {
  /** How many watch this camera now. */
  viewers(cameraId: string): number;
  clients(cameraId: string): readonly ViewerInfo[];
  losses(cameraId: string): ViewerLosses;
}
