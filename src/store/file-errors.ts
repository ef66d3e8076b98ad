const words: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the quota of the disk is used up",
  EROFS: "the disk is read-only",
  EACCES: "no permission",
  EPERM: "no permission",
  EIO: "the disk has a fault",
  ENOTDIR: "a part of its path is not a directory",
  EEXIST: "a file is where its folder should be",
  EISDIR: "it is a directory",
  ELOOP: "its links go round in a circle",
};

/** Why a file could not be read or written, in words that go on after a colon. */
export function explainFileError(error: unknown): string {
  if (error instanceof SyntaxError) return `it is not JSON (${error.message})`;
  if (!(error instanceof Error)) return String(error);
  const code = "code" in error ? String(error.code) : "";
  return words[code] === undefined ? error.message : `${words[code]} (${code})`;
}

/** Whether there is no such file, nor a folder where it could be. */
export function isAbsent(error: unknown): boolean {
  return error instanceof Error && "code" in error && (error.code === "ENOENT" || error.code === "ENOTDIR");
}
