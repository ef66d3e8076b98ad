/**
 * The name of a control as v4l2-ctl prints it: letters and digits of ASCII in lower case, each run of anything else
 * between them one underscore (`White Balance, Automatic` becomes `white_balance_automatic`). Empty when `label` has neither.
 */
export function normalizeControlName(label: string): string {
  return label
    .replaceAll(/[^A-Za-z0-9]+/g, "_")
    .replaceAll(/^_|_$/g, "")
    .toLowerCase();
}

/**
 * One distinct name for each control, in order. Of several with the same normalised name the first keeps it and the
 * others get `_2`, `_3` and so on, never a name that a label has by itself; a label without a letter gives `control_ID`.
 */
export function uniqueControlNames(controls: readonly { readonly label: string; readonly id: number }[]): string[] {
  const natural = controls.map(({ label, id }) => normalizeControlName(label) || `control_${id.toString(16)}`);
  const taken = new Set(natural);
  const seen = new Set<string>();
  return natural.map((name) => {
    if (!seen.has(name)) {
      seen.add(name);
      return name;
    }
    let number = 2;
    while (taken.has(`${name}_${number}`)) number += 1;
    const unique = `${name}_${number}`;
    taken.add(unique);
    return unique;
  });
}
