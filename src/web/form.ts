import { explain, formatWait, Refusal } from "./api.ts";
import { find } from "./find.ts";

/** The text of a field. */
export function read(form: HTMLFormElement, name: string): string {
  return (form.elements.namedItem(name) as HTMLInputElement).value;
}

/**
 * Runs `action` whenever the form is sent, once at a time. Its answer, or what went wrong, is shown in the form's
 * `.answer`; `words` may put a problem in better words. After a 429 the button waits as long as the server says.
 */
export function onSubmit(
  form: HTMLFormElement,
  action: () => Promise<string | void>,
  words: (error: unknown) => string = explain,
): void {
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    if (form.ariaBusy === "true") return;
    form.ariaBusy = "true";
    hidePasswords(form);
    say(form, "");
    action()
      .then((answer) => say(form, answer ?? ""))
      .catch((error: unknown) => {
        say(form, words(error), true);
        if (error instanceof Refusal && error.status === 429) holdBack(form, error.retryAfterSeconds ?? 60);
      })
      .finally(() => (form.ariaBusy = "false"));
  });
}

/** Shows a form's answer: good news, a problem, or nothing. */
export function say(form: ParentNode, words: string, isProblem = false): void {
  const answer = find(".answer", form);
  answer.classList.toggle("bad", isProblem);
  answer.textContent = words;
  answer.hidden = words === "";
}

/** Lets the passwords in a form be read; each field has a button `.peek` beside it. */
export function offerPeek(form: ParentNode): void {
  for (const button of form.querySelectorAll(".peek[aria-pressed]")) {
    button.addEventListener("click", () => {
      const field = find("input", button.parentElement as HTMLElement) as HTMLInputElement;
      peek(field, button, field.type === "password");
    });
  }
}

/** A browser keeps only what it takes for a password. */
function hidePasswords(form: ParentNode): void {
  for (const button of form.querySelectorAll(".peek[aria-pressed]"))
    peek(find("input", button.parentElement as HTMLElement) as HTMLInputElement, button, false);
}

function peek(field: HTMLInputElement, button: Element, isShown: boolean): void {
  field.type = isShown ? "text" : "password";
  button.ariaPressed = String(isShown);
  button.textContent = isShown ? "Hide" : "Show";
}

/** No further attempt for so long; the button counts down. */
function holdBack(form: HTMLFormElement, seconds: number): void {
  const button = find("button[type=submit]", form) as HTMLButtonElement;
  const label = button.textContent;
  const endMs = Date.now() + seconds * 1000;
  button.disabled = true;
  const tick = (): void => {
    const left = (endMs - Date.now()) / 1000;
    button.disabled = left > 0;
    button.textContent = left > 0 ? `Wait ${formatWait(left)}` : label;
    if (left > 0) setTimeout(tick, 1000);
    else say(form, "");
  };
  tick();
}

/** Runs `action` at the second of two clicks; `question` is the button's text between them. */
export function askTwice(button: HTMLButtonElement, question: string, action: () => void): void {
  const label = button.textContent;
  let timer: number | undefined;
  button.addEventListener("click", () => {
    clearTimeout(timer);
    const isAsked = button.textContent === question;
    button.textContent = isAsked ? label : question;
    if (isAsked) action();
    else timer = setTimeout(() => (button.textContent = label), 5000);
  });
}
