/** One import of a module, as written. */
export interface SourceImport {
  readonly specifier: string;
  /** `export … from`: passes names on. */
  readonly isReExport: boolean;
}

/**
 * TypeScript without comments and with every string emptied, so that words in them are not taken for code. Regular
 * expressions are left as they are.
 */
export function stripText(source: string): string {
  const token = /\/\/[^\n]*|\/\*[\s\S]*?\*\/|"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*'|`(?:[^`\\$]|\\.|\$(?!\{))*`/g;
  return source.replaceAll(token, (text) => {
    if (text.startsWith("/"))
      return " ".repeat(text.startsWith("//") ? 0 : 1) + "\n".repeat(text.split("\n").length - 1);
    return text.slice(0, 1) + text.slice(-1);
  });
}

/** Every module a file imports: statically, dynamically, or to pass on. */
export function readImports(source: string): readonly SourceImport[] {
  const comments = /\/\/[^\n]*|\/\*[\s\S]*?\*\//g;
  const statement =
    /^(import|export)\b(?:[^;"'`=(]*?\bfrom\s*)?\s*["']([^"'\n]+)["']|\bimport\s*\(\s*["']([^"'\n]+)["']|\brequire\s*\(\s*["']([^"'\n]+)["']|\bimport\s*\(\s*["']([^"'\n]+)["']\s*\)/gm;
  // "//" within a string (an address) is no comment: only those at a line's start or after a blank are taken out.
  const code = source.replaceAll(comments, (text, at: number) =>
    at === 0 || /\s/.test(source[at - 1] ?? "") ? "" : text,
  );
  return [...code.matchAll(statement)].map((match) => ({
    specifier: match[2] ?? match[3] ?? match[4] ?? "",
    isReExport: match[1] === "export",
  }));
}
