import { CameraCard } from "./camera-card.ts";
import { fetchCameras, type CameraStatus } from "./camera-status.ts";

const POLL_MS = 2000;

/** After a camera appeared: soon it has its picture and its first viewer. */
const FIRST_POLL_MS = 500;

/**
 * A browser keeps at most six connections to one host, each stream holds one, and the page needs two more: with more
 * cameras in sight the others are shown by one snapshot after the other.
 */
const MAX_STREAMS = 4;

const list = document.querySelector("#cameras") as HTMLElement;
const template = document.querySelector("#card") as HTMLTemplateElement;
const summary = document.querySelector("#summary") as HTMLElement;
const trouble = document.querySelector("#trouble") as HTMLElement;
const empty = document.querySelector("#empty") as HTMLElement;

const cards = new Map<string, CameraCard>();
const inSight = new Set<Element>();
const sight = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) {
    if (isIntersecting) inSight.add(target);
    else inSight.delete(target);
  }
  choosePictures();
});

/** Streams for the first cameras in sight, snapshots for the rest of those, nothing while nobody can look. */
function choosePictures(): void {
  let streams = 0;
  for (const card of cards.values()) {
    if (card.isOff || document.hidden || !inSight.has(card.element)) card.use("none");
    else card.use(streams++ < MAX_STREAMS ? "stream" : "stills");
  }
}

function show(cameras: readonly CameraStatus[]): void {
  const present = new Set(cameras.map(({ id }) => id));
  for (const [id, card] of cards) {
    if (present.has(id)) continue;
    card.use("none");
    sight.unobserve(card.element);
    inSight.delete(card.element);
    card.element.remove();
    cards.delete(id);
  }
  for (const status of cameras) {
    const card = cards.get(status.id);
    if (card) card.update(status);
    else add(status);
  }
  choosePictures();
  empty.hidden = cameras.length > 0;
  summary.textContent = cameras.length > 1 ? `${cameras.length} cameras` : "";
}

function add(status: CameraStatus): void {
  const card = new CameraCard(template, status);
  cards.set(status.id, card);
  list.append(card.element);
  sight.observe(card.element);
}

let timer: number | undefined;
let isAsking = false;

async function poll(): Promise<void> {
  if (isAsking || document.hidden) return;
  isAsking = true;
  clearTimeout(timer);
  const known = cards.size;
  try {
    show(await fetchCameras());
    trouble.hidden = true;
  } catch {
    trouble.textContent = "Sightline does not answer. Trying again…";
    trouble.hidden = false;
    for (const card of cards.values()) card.cutOff();
  }
  isAsking = false;
  timer = setTimeout(() => void poll(), cards.size > known ? FIRST_POLL_MS : POLL_MS);
}

function wake(): void {
  choosePictures();
  void poll();
}

document.addEventListener("visibilitychange", wake);
window.addEventListener("pageshow", wake);
window.addEventListener("online", wake);
void poll();
