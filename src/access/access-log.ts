import type { Clock } from "../core/clock.ts";
import type { Log } from "../core/log.ts";
import { networkOf } from "./failures.ts";
import { describeChanges } from "./describe-changes.ts";
import type { Principal } from "./principal.ts";
import { RecentMap } from "./recent-map.ts";
import type { DocumentChange } from "./user-file.ts";

/** So many lines at once, and another one after each interval: for each kind of them. */
const burst = 30;
const intervalMs = 10_000;
const maxRemembered = 1_000;

type Kind = "login" | "failure" | "change";

/**
 * What the log says of accounts: who came in from where, what was wrong, and who changed what; never a secret, and no name that
 * somebody typed unless it is an account's. However much happens, it is 30 lines at once of each kind and six a minute.
 */
export class AccessLog {
  readonly #log: Log;
  readonly #clock: Clock;
  /** Who came in, by what and from where. */
  readonly #seen = new RecentMap<true>(maxRemembered);
  readonly #budgets: Readonly<Record<Kind, { fullAtMs: number; leftOut: number }>> = {
    login: { fullAtMs: 0, leftOut: 0 },
    failure: { fullAtMs: 0, leftOut: 0 },
    change: { fullAtMs: 0, leftOut: 0 },
  };

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** Somebody began a session. `by`: with what. */
  loggedIn(user: string, address: string, by: "password" | "login link"): void {
    this.#say("login", "info", { user, address }, `${user} logged in from ${address} with a ${by}`);
  }

  /** Somebody was let in. Said when it is the first time from that network by these means; a session was said at its login. */
  letIn({ name, means, credential }: Principal, address: string): void {
    if (means === "session" || means === "open") return;
    const by = means === "signed-url" ? means : (credential?.kind ?? means);
    const key = JSON.stringify([
      name,
      means,
      by,
      credential?.kind === "token" ? credential.id : "",
      networkOf(address),
    ]);
    if (this.#seen.get(key)) return;
    this.#seen.set(key, true);
    this.#say("login", "info", { user: name, address, means }, `${name} came in from ${address} by ${words[by]}`);
  }

  /** Somebody was refused. `user`: the account that it was about, where there is such a one. */
  refused(address: string, what: string, user?: string): void {
    const of = user === undefined ? "" : ` of ${user}`;
    this.#say("failure", "warn", { address, ...(user === undefined ? {} : { user }) }, `${what}${of} from ${address}`);
  }

  /** Somebody changed an account or what goes with it. `what` goes on after their name. */
  changed(who: string, address: string, what: string): void {
    this.#say("change", "info", { user: who, address }, `${who} ${what}`);
  }

  /** The file of the accounts is another one; what we changed ourselves was said. */
  fileChanged({ before, after, isOwn }: DocumentChange): void {
    if (isOwn) return;
    for (const what of describeChanges(before, after))
      this.#say("change", "info", {}, `by command, or in the file: ${what}`);
  }

  #say(kind: Kind, level: "info" | "warn", fields: object, message: string): void {
    const budget = this.#budgets[kind];
    const nowMs = Number(this.#clock.monotonicNs() / 1_000_000n);
    if (budget.fullAtMs - nowMs > (burst - 1) * intervalMs) {
      budget.leftOut += 1;
      return;
    }
    budget.fullAtMs = Math.max(budget.fullAtMs, nowMs) + intervalMs;
    const { leftOut } = budget;
    budget.leftOut = 0;
    this.#log[level](
      leftOut > 0 ? { ...fields, leftOut } : fields,
      leftOut > 0 ? `${message} (and ${leftOut} more lines like it)` : message,
    );
  }
}

const words: Readonly<Record<string, string>> = {
  "login-password": "login password",
  "device-password": "device password",
  token: "token",
  "signed-url": "signed address",
};
