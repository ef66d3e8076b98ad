import type { NamedCamera } from "./account-dialog.ts";
import { ask, explain, request } from "./api.ts";
import { find } from "./find.ts";
import { askTwice, onSubmit, read, say } from "./form.ts";
import { userPath } from "./session.ts";

/** A user as the API shows one. */
interface User {
  readonly name: string;
  readonly role: string;
  readonly cameras: readonly string[] | null;
  readonly isReadOnly: boolean;
}

/** What an admin sees of everybody's accounts. */
export class UserList {
  readonly #section = find("#users");
  readonly #template = find("#user") as HTMLTemplateElement;
  readonly #cameras: () => readonly NamedCamera[];

  constructor(cameras: () => readonly NamedCamera[]) {
    this.#cameras = cameras;
  }

  /** Shows who there is; what goes wrong is said in its place. */
  async load(): Promise<void> {
    try {
      const { users } = await ask<{ users: readonly User[] }>("api/users");
      find(".list", this.#section).replaceChildren(...users.map((user) => this.#draw(user)), this.#draw(undefined));
    } catch (error) {
      say(this.#section, explain(error), true);
    }
  }

  /** One user's line, with the form behind it; undefined: the form that makes a new one. */
  #draw(user: User | undefined): HTMLElement {
    const fragment = this.#template.content.cloneNode(true) as DocumentFragment;
    const element = find("details", fragment) as HTMLDetailsElement;
    const form = find("form", element) as HTMLFormElement;
    find("b", element).textContent = user?.name ?? "Add a user";
    find("summary span", element).textContent = user ? describe(user) : "";
    this.#fill(form, user);
    onSubmit(form, () => this.#save(form, user));
    const remove = find(".remove", form) as HTMLButtonElement;
    remove.hidden = user === undefined;
    if (user) askTwice(remove, `Remove ${user.name}?`, () => void this.#remove(form, user));
    return element;
  }

  #fill(form: HTMLFormElement, user: User | undefined): void {
    const name = find("[name=name]", form) as HTMLInputElement;
    find(".name", form).hidden = user !== undefined;
    name.value = user?.name ?? "";
    (find("[name=password]", form) as HTMLInputElement).required = user === undefined;
    find(".password span", form).textContent = user ? "New password (empty: stays)" : "Password";
    (find("[name=role]", form) as HTMLSelectElement).value = user?.role ?? "viewer";
    const known = this.#cameras();
    const away = (user?.cameras ?? []).filter((id) => !known.some((camera) => camera.id === id));
    for (const { id, name } of [...known, ...away.map((id) => ({ id, name: id }))]) {
      const box = addCheckbox(find(".some", form), name, id);
      box.checked = user?.cameras?.includes(id) ?? false;
    }
    const all = find("[name=all]", form) as HTMLInputElement;
    all.checked = (user?.cameras ?? null) === null;
    const follow = (): void => void (find(".some", form).hidden = all.checked);
    all.addEventListener("change", follow);
    follow();
    if (!user?.isReadOnly) return;
    (find("fieldset", form) as HTMLFieldSetElement).disabled = true;
    say(form, "One of the configuration file, and changed there.");
  }

  async #save(form: HTMLFormElement, user: User | undefined): Promise<void> {
    const checked = form.querySelectorAll<HTMLInputElement>(".some input:checked");
    const isAll = (find("[name=all]", form) as HTMLInputElement).checked;
    const password = read(form, "password");
    const body = {
      role: read(form, "role"),
      cameras: isAll ? null : [...checked].map(({ value }) => value),
      ...(password === "" ? {} : { password }),
      ...(user ? {} : { name: read(form, "name").trim() }),
    };
    await request(user ? userPath(user.name) : "api/users", { method: user ? "PATCH" : "POST", body });
    say(this.#section, user ? `${user.name} is changed.` : `${read(form, "name").trim()} may log in now.`);
    await this.load();
  }

  async #remove(form: HTMLFormElement, { name }: User): Promise<void> {
    try {
      await request(userPath(name), { method: "DELETE" });
      say(this.#section, `${name} is removed.`);
      await this.load();
    } catch (error) {
      say(form, explain(error), true);
    }
  }
}

function addCheckbox(parent: HTMLElement, label: string, value: string): HTMLInputElement {
  const line = document.createElement("label");
  const box = document.createElement("input");
  box.type = "checkbox";
  box.value = value;
  line.className = "check";
  line.append(box, label);
  parent.append(line);
  return box;
}

function describe({ role, cameras }: User): string {
  return `${role} · ${countCameras(cameras)}`;
}

/** How many cameras are somebody's; null: all. */
export function countCameras(cameras: readonly string[] | null): string {
  if (cameras === null) return "all cameras";
  return cameras.length === 1 ? "1 camera" : `${cameras.length} cameras`;
}
