import { formatFacts, formatStaleness, type CameraStatus } from "./camera-status.ts";
import { LivePicture, type PictureMode } from "./live-picture.ts";
import { offerSnapshot } from "./save-snapshot.ts";

const STATE_WORDS: Readonly<Record<CameraStatus["state"], string>> = {
  starting: "Starting",
  live: "Live",
  stalled: "Stalled",
  lost: "Lost",
  idle: "Idle",
  off: "Off",
};

/** How long a message about a failed snapshot stays. */
const MESSAGE_MS = 8000;

/** One camera on the page. */
export class CameraCard {
  readonly element: HTMLElement;
  readonly #picture: LivePicture;
  readonly #parts: Readonly<Record<"name" | "facts" | "badge" | "age" | "veil" | "reason", HTMLElement>>;
  #status: CameraStatus;
  #message = "";
  #isCutOff = false;

  constructor(template: HTMLTemplateElement, status: CameraStatus) {
    const fragment = template.content.cloneNode(true) as DocumentFragment;
    const find = (selector: string): HTMLElement => fragment.querySelector(selector) as HTMLElement;
    this.#status = status;
    this.element = find("article");
    this.#parts = {
      name: find("h2"),
      facts: find(".facts"),
      badge: find(".badge"),
      age: find(".age"),
      veil: find(".veil"),
      reason: find(".reason"),
    };
    const image = find("img") as HTMLImageElement;
    this.#picture = new LivePicture(image, status.id);
    for (const event of ["load", "error"]) image.addEventListener(event, () => this.#draw());
    offerSnapshot(find(".save") as HTMLAnchorElement, status.id, (problem) => this.#say(problem));
    offerFullScreen(find(".full"), find(".picture"));
    this.#draw();
  }

  /** What the server says now. */
  update(status: CameraStatus): void {
    if (status.state === "live" && this.#status.state !== "live") this.#picture.retryNow();
    this.#status = status;
    this.#isCutOff = false;
    this.#picture.check(new Set(status.clients.flatMap(({ key }) => (key === undefined ? [] : [key]))));
    this.#draw();
  }

  /** The server does not answer: what is on the screen is the past. */
  cutOff(): void {
    this.#isCutOff = true;
    this.#draw();
  }

  /** Whether there is nothing to ask the camera for. */
  get isOff(): boolean {
    return this.#status.state === "off";
  }

  /** How the picture is kept up to date. */
  use(mode: PictureMode): void {
    this.#picture.use(mode);
  }

  #draw(): void {
    const { name, facts, badge, age, veil, reason } = this.#parts;
    const status = this.#status;
    const staleness = formatStaleness(status);
    const isWell = !this.#isCutOff && (status.state === "live" || status.state === "idle");
    name.textContent = status.name;
    facts.textContent = formatFacts(status);
    badge.textContent = this.#isCutOff ? "No answer" : STATE_WORDS[status.state];
    badge.className = `badge ${this.#isCutOff ? "lost" : status.state}`;
    age.textContent = staleness ?? "";
    age.hidden = staleness === undefined;
    veil.textContent = this.#veil(isWell);
    this.element.classList.toggle("dim", !isWell || staleness !== undefined);
    this.element.classList.toggle("blank", !this.#picture.isShowing);
    reason.textContent = this.#message || (isWell || this.#isCutOff ? "" : status.reason);
    reason.hidden = reason.textContent === "";
  }

  #veil(isWell: boolean): string {
    const { state } = this.#status;
    if (this.#isCutOff) return "";
    if (state === "lost") return "The camera is away. The picture comes back with it.";
    if (state === "off") return "This camera is switched off.";
    if (state === "stalled") return "The camera sends nothing. Starting it again.";
    return isWell && this.#picture.isShowing ? "" : "Waiting for the first picture";
  }

  #say(message: string): void {
    this.#message = message;
    this.#draw();
    setTimeout(() => {
      this.#message = "";
      this.#draw();
    }, MESSAGE_MS);
  }
}

function offerFullScreen(button: HTMLElement, picture: HTMLElement): void {
  button.hidden = !document.fullscreenEnabled;
  const toggle = (): void => {
    // Refused where the page is embedded without permission: then nothing happens, as for any click.
    const done = document.fullscreenElement ? document.exitFullscreen() : picture.requestFullscreen();
    done.catch(() => {});
  };
  button.addEventListener("click", toggle);
  picture.addEventListener("dblclick", toggle);
}
