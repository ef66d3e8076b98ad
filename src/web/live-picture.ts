const FIRST_RETRY_MS = 1000;
const LAST_RETRY_MS = 10_000;

/** A stream as young as this may not be in the server's list of viewers yet. */
const YOUNG_MS = 6000;

/** How an image is kept up to date: by a stream, by one snapshot after the other, or not at all. */
export type PictureMode = "stream" | "stills" | "none";

/**
 * Keeps one `<img>` showing one camera. Browsers do not tell when an image's stream ends, so every stream has a key of
 * its own, and the server's list of viewers says whether it is still being sent.
 */
export class LivePicture {
  readonly #image: HTMLImageElement;
  readonly #cameraId: string;
  #mode: PictureMode = "none";
  #key = "";
  #startedMs = 0;
  #retryMs = FIRST_RETRY_MS;
  #retry: number | undefined;
  #isLoading = false;

  constructor(image: HTMLImageElement, cameraId: string) {
    this.#image = image;
    this.#cameraId = cameraId;
    image.addEventListener("load", () => this.#loaded());
    image.addEventListener("error", () => this.#failed());
  }

  /** Whether a picture of the camera is on the screen. */
  get isShowing(): boolean {
    return this.#mode !== "none" && this.#image.naturalWidth > 0;
  }

  /** Changes the way the picture is kept up to date; nothing happens when it is that way already. */
  use(mode: PictureMode): void {
    if (mode === this.#mode) return;
    this.#mode = mode;
    this.#retryMs = FIRST_RETRY_MS;
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#isLoading = false;
    if (mode === "none") this.#image.removeAttribute("src");
    else if (mode === "stream") this.#startStream();
    else this.#nextStill();
  }

  /** To be called with every answer of the server: `keys` are those of the streams it is sending for this camera. */
  check(keys: ReadonlySet<string>): void {
    if (this.#mode === "stills") this.#nextStill();
    const isOld = performance.now() - this.#startedMs > YOUNG_MS;
    if (this.#mode === "stream" && this.#retry === undefined && isOld && !keys.has(this.#key)) this.#startStream();
  }

  /** The camera is back: no more waiting for the next attempt. */
  retryNow(): void {
    if (this.#retry === undefined) return;
    clearTimeout(this.#retry);
    this.#startStream();
  }

  #startStream(): void {
    this.#retry = undefined;
    this.#key = Math.random().toString(36).slice(2);
    this.#startedMs = performance.now();
    this.#image.src = `cameras/${this.#cameraId}/stream?key=${this.#key}`;
  }

  #nextStill(): void {
    if (this.#isLoading) return;
    this.#isLoading = true;
    this.#image.src = `cameras/${this.#cameraId}/snapshot.jpg?t=${Date.now()}`;
  }

  #loaded(): void {
    this.#isLoading = false;
    if (this.isShowing) this.#retryMs = FIRST_RETRY_MS;
  }

  #failed(): void {
    this.#isLoading = false;
    if (this.#mode !== "stream") return;
    clearTimeout(this.#retry);
    this.#retry = setTimeout(() => this.#startStream(), this.#retryMs);
    this.#retryMs = Math.min(LAST_RETRY_MS, this.#retryMs * 2);
  }
}
