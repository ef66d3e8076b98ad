/** How long the server may think; a password takes it a second or two on a small board, longer where others wait too. */
const ANSWER_MS = 20_000;

/** What the server answered instead of doing it, in its own words. */
export class Refusal extends Error {
  readonly status: number;
  /** When to ask again, seconds from now, where the server says so. */
  readonly retryAfterSeconds: number | undefined;

  constructor(status: number, words: string, retryAfterSeconds?: number) {
    super(words);
    this.status = status;
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

/** What is asked for; a body is sent as JSON. */
export interface Question {
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE";
  readonly body?: object;
  readonly timeoutMs?: number;
}

let csrfToken: string | undefined;
let loggedOut = (): void => {};

/** The session's token, sent along with every change from now on. */
export function useCsrfToken(token: string | undefined): void {
  csrfToken = token;
}

/** What to do when the server does not know us any more. */
export function onLoggedOut(callback: () => void): void {
  loggedOut = callback;
}

/** Asks the server; `path` is relative to the page. Throws a {@link Refusal}, or what `fetch` throws. */
export async function request(path: string, question: Question = {}): Promise<Response> {
  const sent = csrfToken;
  let response = await send(path, question);
  // Another window may have renewed the session that we share with it.
  if (response.status === 403 && sent !== undefined && question.method) {
    useCsrfToken((await ask<{ csrfToken?: string }>("api/session")).csrfToken);
    if (csrfToken !== sent) response = await send(path, question);
  }
  if (response.ok) return response;
  if (response.status === 401) loggedOut();
  throw await readRefusal(response);
}

function send(path: string, question: Question): Promise<Response> {
  const { method = "GET", body, timeoutMs = ANSWER_MS } = question;
  const headers = new Headers({ Accept: "application/json, */*" });
  if (body) headers.set("Content-Type", "application/json");
  if (csrfToken !== undefined && method !== "GET") headers.set("X-CSRF-Token", csrfToken);
  return fetch(path, {
    method,
    headers,
    cache: "no-store",
    signal: AbortSignal.timeout(timeoutMs),
    ...(body ? { body: JSON.stringify(body) } : {}),
  });
}

/** As {@link request}, for a JSON answer. */
export async function ask<T>(path: string, question?: Question): Promise<T> {
  return (await (await request(path, question)).json()) as T;
}

async function readRefusal(response: Response): Promise<Refusal> {
  const { detail } = (await response.json().catch(() => ({}))) as { detail?: unknown };
  const seconds = Number(response.headers.get("Retry-After") ?? Number.NaN);
  const words = typeof detail === "string" ? detail : `HTTP ${response.status}`;
  return new Refusal(response.status, words, Number.isFinite(seconds) ? Math.max(1, seconds) : undefined);
}

/** What went wrong, as a sentence for the person in front of it. */
export function explain(error: unknown): string {
  if (!(error instanceof Refusal)) {
    const isAway = error instanceof TypeError || (error instanceof DOMException && error.name === "TimeoutError");
    return isAway ? "Sightline does not answer. Is it running, and are you on its network?" : String(error);
  }
  const { status, message, retryAfterSeconds } = error;
  if (status === 429) return `Too many attempts. Please wait ${formatWait(retryAfterSeconds ?? 60)}.`;
  if (status === 403) return `Not allowed: ${message}.`;
  return `${message.charAt(0).toUpperCase()}${message.slice(1)}${/[.!?]$/.test(message) ? "" : "."}`;
}

/** `45 s`, `3 min`. */
export function formatWait(seconds: number): string {
  return seconds <= 120 ? `${Math.ceil(seconds)} s` : `${Math.ceil(seconds / 60)} min`;
}
