/**
 * Copies the files of the page at `/docs` from the development dependency into a folder, compressed, for a package that does not
 * depend on it: `node build/reference-page.ts DIST/adapters/assets/reference-page`.
 */

import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { compress, EXTENSIONS } from '../adapters/assets/file.ts';
import { MAIN, referenceFiles } from '../adapters/assets/reference-page.ts';

/** A tenth larger than the best, which takes 15 times as long. */
const BROTLI_QUALITY = 9;
/** A file takes at least a block of the disk, bytes. */
const BLOCK_BYTES = 4096;

export async function writeReferencePage(target: string): Promise<void> {
  const files = referenceFiles();
  if (files === null) throw new Error('@scalar/api-reference is not installed: npm ci');
  await rm(target, { recursive: true, force: true });
  await mkdir(join(target, 'chunks'), { recursive: true });
  for (const name of files.names) {
    const bytes = await readFile(join(files.folder, name));
    const isSmall = bytes.length <= BLOCK_BYTES;
    if (isSmall || name === MAIN) await writeFile(join(target, name), bytes);
    if (isSmall) continue;
    for (const coding of ['br', 'gzip'] as const)
      await writeFile(join(target, name + EXTENSIONS[coding]), await compress(bytes, coding, BROTLI_QUALITY));
  }
}

if (import.meta.main) {
  const [target] = process.argv.slice(2);
  if (target === undefined) throw new Error('usage: node build/reference-page.ts FOLDER');
  await writeReferencePage(target);
}
