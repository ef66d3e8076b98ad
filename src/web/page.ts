import { AccountBar } from "./account-bar.ts";
import { explain, onLoggedOut, Refusal } from "./api.ts";
import { CameraCard } from "./camera-card.ts";
import { fetchCameras, type CameraStatus } from "./camera-status.ts";
import { find } from "./find.ts";
import { takeLoginLink } from "./session.ts";

const POLL_MS = 2000;

/** After a camera appeared: soon it has its picture and its first viewer. */
const FIRST_POLL_MS = 500;

/**
 * A browser keeps at most six connections to one host, each stream holds one, and the page needs two more: with more
 * cameras in sight the others are shown by one snapshot after the other.
 */
const MAX_STREAMS = 4;

/** Sessions are renewed by being asked for: a page on a wall asks now and then. */
const SESSION_MS = 3_600_000;

/** A page that is not let in although it has just been loaded: no use in loading it again at once. */
const RELOAD_MS = 5000;

const list = find("#cameras");
const template = find("#card") as HTMLTemplateElement;
const summary = find("#summary");
const trouble = find("#trouble");
const empty = find("#empty");
const noneOurs = find("#none-ours");

const cards = new Map<string, CameraCard>();
let shown: readonly CameraStatus[] = [];
const account = new AccountBar(() => shown, report);
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
  shown = cameras;
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
  const isLimited = Array.isArray(account.session?.cameras);
  const maySwitch = account.session?.permissions.includes("control") ?? false;
  for (const card of cards.values()) card.offerSwitch(maySwitch);
  empty.hidden = cameras.length > 0 || isLimited;
  noneOurs.hidden = cameras.length > 0 || !isLimited;
  summary.textContent = cameras.length > 1 ? `${cameras.length} cameras` : "";
}

function add(status: CameraStatus): void {
  const card = new CameraCard(template, status);
  cards.set(status.id, card);
  list.append(card.element);
  sight.observe(card.element);
}

function report(error: unknown): void {
  trouble.textContent = error instanceof Refusal ? explain(error) : "Sightline does not answer. Trying again…";
  trouble.hidden = false;
}

let timer: number | undefined;
let isAsking = false;
let sessionUntilMs = 0;

async function poll(): Promise<void> {
  if (isAsking || document.hidden) return;
  isAsking = true;
  clearTimeout(timer);
  const known = cards.size;
  const isSessionDue = performance.now() >= sessionUntilMs;
  try {
    const [cameras] = await Promise.all([fetchCameras(), isSessionDue ? account.refresh() : undefined]);
    if (isSessionDue) sessionUntilMs = performance.now() + SESSION_MS;
    show(cameras);
    trouble.hidden = true;
  } catch (error) {
    report(error);
    for (const card of cards.values()) card.cutOff();
  }
  isAsking = false;
  timer = setTimeout(() => void poll(), cards.size > known ? FIRST_POLL_MS : POLL_MS);
}

function wake(): void {
  sessionUntilMs = 0;
  choosePictures();
  void poll();
}

onLoggedOut(() => {
  // The page's address answers strangers with the login page.
  if (performance.now() > RELOAD_MS) location.reload();
});
// Somebody who is logged in needs no login link.
takeLoginLink();
addEventListener("hashchange", takeLoginLink);
document.addEventListener("visibilitychange", wake);
window.addEventListener("pageshow", wake);
window.addEventListener("online", wake);
void poll();
