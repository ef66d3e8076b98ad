import { mkdir, stat, writeFile } from "node:fs/promises";
import { dirname } from "node:path";
import writeFileAtomic from "write-file-atomic";

/**
 * Puts a text file in place, whole or not at all whatever happens meanwhile, for its owner alone; makes its folder. Rejects
 * with what the file system says. What root makes belongs to who the folder belongs to: a service must be able to read
 * what `sudo sightline …` wrote.
 */
export async function replaceFile(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  // Written by us: the package takes a short write, on a disk that is nearly full, for a whole one. It awaits this, then
  // flushes what is in the file to the disk and renames it.
  const tmpfileCreated = (temporary: string): Promise<void> => writeFile(temporary, text);
  // oxlint-disable-next-line no-misused-promises -- its types do not tell that it awaits
  await writeFileAtomic(path, "", { mode: 0o600, fsync: true, tmpfileCreated, ...(await newOwner(path)) });
}

/** Of a file that is there already the package keeps the owner. */
async function newOwner(path: string): Promise<{ readonly chown?: { readonly uid: number; readonly gid: number } }> {
  if (process.getuid?.() !== 0 || (await stat(path).catch(() => undefined))) return {};
  const { uid, gid } = await stat(dirname(path));
  return { chown: { uid, gid } };
}
