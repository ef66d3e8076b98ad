import { mkdir, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import writeFileAtomic from "write-file-atomic";

/**
 * Puts a text file in place, whole or not at all whatever happens meanwhile, for its owner alone; makes its folder. Rejects
 * with what the file system says.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // Written by us: the package takes a short write, on a disk that is nearly full, for a whole one. It awaits this, then
  // flushes what is in the file to the disk and renames it.
  const tmpfileCreated = (temporary: string): Promise<void> => writeFile(temporary, text);
  // oxlint-disable-next-line no-misused-promises -- its types do not tell that it awaits
  await writeFileAtomic(path, "", { mode: 0o600, fsync: true, tmpfileCreated });
}
