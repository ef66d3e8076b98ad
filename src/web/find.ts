/** Finds what the page's own markup holds. */
export function find(selector: string, within: ParentNode = document): HTMLElement {
  return within.querySelector(selector) as HTMLElement;
}
