import { ask, request, useCsrfToken } from "./api.ts";

/** Who is logged in, and what they may do. */
export interface Session {
  readonly name: string;
  /** How they were recognised; `open`: nobody is asked who they are. */
  readonly means: string;
  readonly permissions: readonly string[];
  /** Ids of the cameras that are theirs; null: all. */
  readonly cameras: readonly string[] | null;
  /** Whether the password is still the one that the first start made. */
  readonly hasInitialPassword: boolean;
  /** Whether the account is one of the configuration file: it cannot be changed here. */
  readonly isReadOnly: boolean;
  readonly csrfToken?: string;
}

/** What opens a session. */
export type Credentials = { readonly name: string; readonly password: string } | { readonly loginLink: string };

/** Asks who we are, and keeps what changes need to be accepted. Throws Refusal 401 when nobody. */
export async function fetchSession(): Promise<Session> {
  const session = await ask<Session>("api/session");
  useCsrfToken(session.csrfToken);
  return session;
}

/** Opens a session. Throws a Refusal: 401 when the credentials are wrong, 429 after too many wrong ones. */
export async function logIn(credentials: Credentials): Promise<void> {
  await request("api/session", { method: "POST", body: credentials });
}

/** Ends the session, on the server too. */
export async function logOut(): Promise<void> {
  await request("api/session", { method: "DELETE" });
}

/** The address of a user in the API. */
export function userPath(name: string): string {
  return `api/users/${encodeURIComponent(name)}`;
}

/** Sets one's own password, and goes on with the session that the server makes for it. */
export async function changePassword(name: string, password: string, currentPassword?: string): Promise<Session> {
  const body = currentPassword === undefined ? { password } : { password, currentPassword };
  await request(userPath(name), { method: "PATCH", body });
  return fetchSession();
}

/** The token of a login link in the address bar. It is taken out of there, and out of the history. */
export function takeLoginLink(): string | undefined {
  const token = new URLSearchParams(location.hash.slice(1)).get("link");
  if (token === null) return undefined;
  history.replaceState(null, "", location.pathname + location.search);
  return token === "" ? undefined : token;
}
