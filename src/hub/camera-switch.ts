/** Switches cameras off for privacy and on again, and restarts them. Ids that no camera has change nothing. */
export interface CameraSwitch {
  /** Whether the camera may be used; remembered across restarts. */
  isOn(cameraId: string): boolean;
  /**
   * Off closes the camera and keeps it closed, whoever watches; its state then says who did it (`by`, as in "switched off in
   * the API").
   */
  turn(cameraId: string, on: boolean, by: string): void;
  /** Closes and opens the camera again. */
  restart(cameraId: string): void;
  /** Calls `listener` after every change; the returned function ends that. */
  onChange(listener: (cameraId: string) => void): () => void;
}
