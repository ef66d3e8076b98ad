import { ask, explain } from "./api.ts";
import { showText } from "./copy-text.ts";
import { find } from "./find.ts";
import { askTwice, offerPeek, onSubmit, read, say } from "./form.ts";
import { changePassword, userPath, type Session } from "./session.ts";
import { countCameras, UserList } from "./user-list.ts";

/** A camera, for somebody to choose. */
export interface NamedCamera {
  readonly id: string;
  readonly name: string;
}

/** The dialog about one's own account and, for admins, everybody's. */
export class AccountDialog {
  readonly #dialog = find("#account") as HTMLDialogElement;
  readonly #passwordForm = find("#change-password") as HTMLFormElement;
  readonly #device = find("#device-password");
  readonly #linkForm = find("#camera-link") as HTMLFormElement;
  readonly #cameras: () => readonly NamedCamera[];
  readonly #users: UserList;
  #session: Session | undefined;

  constructor(cameras: () => readonly NamedCamera[]) {
    this.#cameras = cameras;
    this.#users = new UserList(cameras);
    find(".close", this.#dialog).addEventListener("click", () => this.#dialog.close());
    // A click beside the dialog hits the dialog itself; its content fills it.
    this.#dialog.addEventListener("mousedown", (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
    this.#dialog.addEventListener("close", () => this.#forget());
    offerPeek(this.#passwordForm);
    onSubmit(this.#passwordForm, () => this.#changePassword());
    onSubmit(this.#linkForm, () => this.#makeLink());
    find(".show", this.#device).addEventListener("click", () => void this.#showDevicePassword(false));
    const renew = find(".renew", this.#device) as HTMLButtonElement;
    askTwice(renew, "End the old one?", () => void this.#showDevicePassword(true));
  }

  /** `part`: what to show first. */
  open(session: Session, part?: "password"): void {
    this.#session = session;
    find("#account-title").textContent = session.name;
    find("#account-rights").textContent = describeRights(session);
    this.#offerPassword(session);
    fillChoice(find("[name=camera]", this.#linkForm) as HTMLSelectElement, this.#cameras());
    this.#linkForm.hidden = this.#cameras().length === 0;
    const isAdmin = session.permissions.includes("admin");
    find("#users").hidden = !isAdmin;
    if (isAdmin) void this.#users.load();
    this.#dialog.showModal();
    if (part === "password") {
      (this.#passwordForm.closest("details") as HTMLDetailsElement).open = true;
      find("[name=password]", this.#passwordForm).focus();
    }
  }

  #offerPassword({ name, hasInitialPassword, isReadOnly }: Session): void {
    const form = this.#passwordForm;
    const current = find("[name=current]", form) as HTMLInputElement;
    (find("[name=name]", form) as HTMLInputElement).value = name;
    current.disabled = hasInitialPassword;
    find(".current", form).hidden = hasInitialPassword;
    find("fieldset", form).hidden = isReadOnly;
    say(form, isReadOnly ? "This account is one of the configuration file: its password is changed there." : "");
  }

  async #changePassword(): Promise<string> {
    const { name, hasInitialPassword } = this.#session as Session;
    const current = hasInitialPassword ? undefined : read(this.#passwordForm, "current");
    this.#session = await changePassword(name, read(this.#passwordForm, "password"), current);
    this.#passwordForm.reset();
    this.#offerPassword(this.#session);
    return "Changed. Everybody else who was logged in as you is logged out.";
  }

  async #showDevicePassword(regenerate: boolean): Promise<void> {
    const path = `${userPath((this.#session as Session).name)}/device-password`;
    try {
      const { password } = await ask<{ password: string }>(path, { method: "POST", body: { regenerate } });
      showText(find(".copy", this.#device), password);
      say(this.#device, regenerate ? "This is the new one. The old one is useless from now on." : "");
    } catch (error) {
      say(this.#device, explain(error), true);
    }
  }

  async #makeLink(): Promise<void> {
    const form = this.#linkForm;
    const body = {
      path: `/cameras/${read(form, "camera")}/${read(form, "what")}`,
      expiresInSeconds: Number(read(form, "seconds")),
    };
    const { url } = await ask<{ url: string }>("api/signed-urls", { method: "POST", body });
    showText(find(".copy", form), new URL(url, location.href).href);
  }

  /** Nothing secret stays on a screen that somebody turned away from. */
  #forget(): void {
    this.#passwordForm.reset();
    for (const box of this.#dialog.querySelectorAll<HTMLElement>(".copy")) {
      box.hidden = true;
      (find("input", box) as HTMLInputElement).value = "";
    }
    for (const form of [this.#device, this.#linkForm, find("#users")]) say(form, "");
  }
}

/** `Admin · all cameras`. */
function describeRights({ permissions, cameras }: Session): string {
  const role = permissions.includes("admin") ? "Admin" : permissions.includes("control") ? "Control" : "Viewer";
  return `${role} · ${countCameras(cameras)}`;
}

function fillChoice(select: HTMLSelectElement, cameras: readonly NamedCamera[]): void {
  select.replaceChildren(...cameras.map(({ id, name }) => new Option(name, id)));
}
