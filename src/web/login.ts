import { explain, Refusal } from "./api.ts";
import { find } from "./find.ts";
import { offerPeek, onSubmit, read, say } from "./form.ts";
import { fetchSession, logIn, takeLoginLink, type Credentials } from "./session.ts";

const form = find("#login") as HTMLFormElement;
const cookies = find("#cookies");

/** This document is what the page's address answers to strangers: by now it answers with the page. */
function showPage(): void {
  if (location.pathname.endsWith("/login.html")) location.replace("./");
  else location.reload();
}

async function enter(credentials: Credentials): Promise<void> {
  cookies.hidden = true;
  await logIn(credentials);
  await fetchSession().catch((error: unknown) => {
    if (error instanceof Refusal && error.status === 401) cookies.hidden = false;
    throw error;
  });
  showPage();
}

function explainLogin(error: unknown): string {
  if (!(error instanceof Refusal) || error.status !== 401) return explain(error);
  return cookies.hidden ? "Wrong name or password." : "This browser did not keep the login.";
}

function explainLink(error: unknown): string {
  if (!(error instanceof Refusal) || error.status !== 401 || !cookies.hidden) return explainLogin(error);
  return "This login link has expired or was used before. “sightline user login-link” prints a new one.";
}

function useLoginLink(): void {
  const loginLink = takeLoginLink();
  if (loginLink === undefined || form.ariaBusy === "true") return;
  form.ariaBusy = "true";
  say(form, "Logging in…");
  enter({ loginLink })
    .catch((error: unknown) => say(form, explainLink(error), true))
    .finally(() => (form.ariaBusy = "false"));
}

useLoginLink();
addEventListener("hashchange", useLoginLink);
onSubmit(
  form,
  async () => {
    const password = find("[name=password]", form) as HTMLInputElement;
    try {
      await enter({ name: read(form, "name").trim(), password: password.value });
    } catch (error) {
      password.select();
      throw error;
    }
  },
  explainLogin,
);
offerPeek(form);
