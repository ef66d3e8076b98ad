import type { AccountDialog, NamedCamera } from "./account-dialog.ts";
import { find } from "./find.ts";
import { fetchSession, logOut, type Session } from "./session.ts";

/** The upper right corner of the page: who is logged in, the way to their account, the way out. */
export class AccountBar {
  readonly #bar = find("#who");
  readonly #cameras: () => readonly NamedCamera[];
  #session: Session | undefined;
  #dialog: AccountDialog | undefined;

  /** `cameras`: those on the page now; `report` is told what went wrong. */
  constructor(cameras: () => readonly NamedCamera[], report: (error: unknown) => void) {
    this.#cameras = cameras;
    find("#open-account").addEventListener("click", () => void this.#open().catch(report));
    find("#choose-password button").addEventListener("click", () => void this.#open("password").catch(report));
    find("#account").addEventListener("close", () => void this.refresh().catch(report));
    find("#log-out").addEventListener("click", () => {
      logOut()
        .then(() => location.reload())
        .catch(report);
    });
  }

  /** Who we are, as far as that is known. */
  get session(): Session | undefined {
    return this.#session;
  }

  /** Asks the server again who we are; the page is another one for another user. Throws what `ask` throws. */
  async refresh(): Promise<void> {
    const before = this.#session;
    this.#session = await fetchSession();
    const { name, means, hasInitialPassword } = this.#session;
    if (before && before.name !== name) location.reload();
    this.#bar.hidden = means === "open";
    find("#log-out").hidden = means !== "session";
    find("#open-account span").textContent = name;
    find("#choose-password").hidden = !hasInitialPassword;
  }

  async #open(part?: "password"): Promise<void> {
    const { AccountDialog } = await import("./account-dialog.ts");
    this.#dialog ??= new AccountDialog(this.#cameras);
    await this.refresh();
    if (this.#session) this.#dialog.open(this.#session, part);
  }
}
