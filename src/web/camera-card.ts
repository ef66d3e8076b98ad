import { explain } from "./api.ts";
import { formatFacts, formatStaleness, switchCamera, type CameraStatus } from "./camera-status.ts";
import { find } from "./find.ts";
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
  readonly #power: HTMLButtonElement;
  readonly #parts: Readonly<Record<"name" | "facts" | "badge" | "age" | "veil" | "reason", HTMLElement>>;
  #status: CameraStatus;
  #message = "";
  #isCutOff = false;

  constructor(template: HTMLTemplateElement, status: CameraStatus) {
    const fragment = template.content.cloneNode(true) as DocumentFragment;
    this.#status = status;
    this.element = find("article", fragment);
    this.#parts = {
      name: find("h2", fragment),
      facts: find(".facts", fragment),
      badge: find(".badge", fragment),
      age: find(".age", fragment),
      veil: find(".veil", fragment),
      reason: find(".reason", fragment),
    };
    const image = find("img", fragment) as HTMLImageElement;
    this.#picture = new LivePicture(image, status.id);
    for (const event of ["load", "error"]) image.addEventListener(event, () => this.#draw());
    offerSnapshot(find(".save", fragment) as HTMLAnchorElement, status.id, (problem) => this.#say(problem));
    offerFullScreen(find(".full", fragment), find(".picture", fragment));
    this.#power = find(".power", fragment) as HTMLButtonElement;
    this.#power.addEventListener("click", () => void this.#switch());
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

  /** Whether whoever looks at the page may switch the camera off and on. */
  offerSwitch(isOffered: boolean): void {
    this.#power.hidden = !isOffered;
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
    this.#power.ariaLabel = status.name;
    this.#power.ariaChecked = String(status.enabled);
    this.#power.title = status.enabled ? "Switch this camera off" : "Switch this camera on";
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

  async #switch(): Promise<void> {
    if (this.#power.ariaBusy === "true") return;
    this.#power.ariaBusy = "true";
    try {
      this.update(await switchCamera(this.#status.id, !this.#status.enabled));
    } catch (error) {
      this.#say(explain(error));
    }
    this.#power.ariaBusy = "false";
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
