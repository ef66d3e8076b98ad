/** A link within a Markdown document. */
export interface MarkdownLink {
  readonly target: string;
  /** Line number, from 1. */
  readonly line: number;
}

/** Links and images of a Markdown text, those in code left out. */
export function readLinks(text: string): readonly MarkdownLink[] {
  return withoutCode(text)
    .split("\n")
    .flatMap((content, index) =>
      [...content.matchAll(/\]\(\s*<?([^)\s>]+)>?(?:\s+"[^"]*")?\s*\)/g)].map((match) => ({
        target: match[1] ?? "",
        line: index + 1,
      })),
    );
}

/** The anchors of a text's headings, made the way code hosts make them. */
export function readAnchors(text: string): ReadonlySet<string> {
  const headings = [...withoutFences(text).matchAll(/^#{1,6}\s+(.*?)\s*#*$/gm)].map((match) => match[1] ?? "");
  return new Set(headings.map(toAnchor));
}

/** What stands in code: fenced blocks by line, and spans in back-ticks. */
export function readCode(text: string): readonly string[] {
  const blocks = [...text.matchAll(/^```[^\n]*\n([\s\S]*?)^```/gm)].flatMap((match) => (match[1] ?? "").split("\n"));
  const spans = [...withoutFences(text).matchAll(/`([^`\n]+)`/g)].map((match) => match[1] ?? "");
  return [...blocks, ...spans].map((code) => code.trim()).filter((code) => code !== "");
}

function toAnchor(heading: string): string {
  return heading
    .toLowerCase()
    .replaceAll(/[^\p{L}\p{N}\s_-]/gu, "")
    .replaceAll(/\s/g, "-");
}

function withoutFences(text: string): string {
  return text.replaceAll(/^```[\s\S]*?^```/gm, (block) => "\n".repeat(block.split("\n").length - 1));
}

function withoutCode(text: string): string {
  return withoutFences(text).replaceAll(/`[^`\n]+`/g, "");
}
