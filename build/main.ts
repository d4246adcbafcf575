/** `npm run build`: the packages as folders and as tarballs, in `dist/`. */

import { readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isReleased } from './artefacts.ts';
import { buildClient } from './client.ts';
import { buildGateway } from './gateway.ts';
import { DIST, FOLDERS } from './manifests.ts';
import { run } from './steps.ts';

for (const folder of Object.values(FOLDERS)) rmSync(folder, { recursive: true, force: true });
await buildGateway(FOLDERS.gateway);
await buildClient(FOLDERS.client);
for (const name of readdirSync(DIST).filter(isReleased)) rmSync(join(DIST, name));
const packed: { filename: string; size: number; entryCount: number }[] = JSON.parse(
  run('npm', 'pack', '--json', '--pack-destination', DIST, ...Object.values(FOLDERS)),
);
for (const { filename, size, entryCount } of packed) {
  console.log(`dist/${filename}: ${entryCount} files, ${(size / 1024).toFixed(1)} KiB`);
}
