import { find } from "./find.ts";

/** Shows a text that somebody is to carry elsewhere, with its button to copy it. `box` holds an input and a button. */
export function showText(box: HTMLElement, text: string): void {
  const field = find("input", box) as HTMLInputElement;
  const button = find("button", box) as HTMLButtonElement;
  box.hidden = false;
  field.value = text;
  button.textContent = "Copy";
  button.onclick = () => {
    copy(field)
      .then((isCopied) => (button.textContent = isCopied ? "Copied" : "Press Ctrl+C"))
      .catch(() => (button.textContent = "Press Ctrl+C"));
  };
}

/** Browsers have a clipboard for pages that came by HTTPS or from this machine; the others know the old command. */
async function copy(field: HTMLInputElement): Promise<boolean> {
  field.select();
  if (!isSecureContext) return document.execCommand("copy");
  await navigator.clipboard.writeText(field.value);
  return true;
}
