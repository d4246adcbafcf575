/** What is released with the packages: a CycloneDX SBOM of each, and the checksums of all files. */

import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DIST, FOLDERS } from './manifests.ts';
import { runIn, write } from './steps.ts';

export function isReleased(name: string): boolean {
  return /\.(tgz|cdx\.json)$|^SHA256SUMS$/.test(name);
}

export function writeArtefacts(): void {
  for (const folder of Object.values(FOLDERS)) {
    const { name, version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
    // With one, what is listed is what an installation gets.
    const lock = existsSync(join(folder, 'npm-shrinkwrap.json')) ? ['--package-lock-only'] : [];
    const sbom = runIn(folder, 'npm', 'sbom', '--sbom-format', 'cyclonedx', ...lock);
    write(join(DIST, `${name.replace('@', '').replace('/', '-')}-${version}.cdx.json`), sbom);
  }
  const files = readdirSync(DIST).filter((name) => isReleased(name) && name !== 'SHA256SUMS');
  const lines = files.sort().map((name) => `${sha256(join(DIST, name))}  ${name}\n`);
  write(join(DIST, 'SHA256SUMS'), lines.join(''));
}

function sha256(file: string): string {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
