/** The package `linguanova`: JavaScript file by file, and all that the gateway reads at run time. */

import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GATEWAY_MANIFEST, ROOT } from './manifests.ts';
import { bundleProtocol } from './protocol.ts';
import { writeReferencePage } from './reference-page.ts';
import { run, writeJson } from './steps.ts';

/** Read, not imported. */
const COPIED = ['README.md', 'LICENSE', 'adapters/node/node-version.cjs', 'src/console/browser'];

export async function buildGateway(target: string): Promise<void> {
  run('tsc', '--project', join(ROOT, 'build/package/tsconfig.json'), '--outDir', target);
  for (const path of COPIED) {
    const filter = (name: string) => !name.endsWith('.ts');
    cpSync(join(ROOT, path), join(target, path), { recursive: true, filter });
  }
  cpSync(join(ROOT, 'build/package/linguanova.cjs'), join(target, 'bin/linguanova.cjs'));
  await bundleProtocol(target);
  await writeReferencePage(join(target, 'adapters/assets/reference-page'));
  writeJson(join(target, 'package.json'), GATEWAY_MANIFEST);
  writeJson(join(target, 'npm-shrinkwrap.json'), shrinkwrap());
}

/** All versions that were tested; an installation from a registry gets them. */
function shrinkwrap(): object {
  const { lockfileVersion, packages } = JSON.parse(readFileSync(join(ROOT, 'package-lock.json'), 'utf8'));
  const { name, version, license, bin, engines, dependencies } = GATEWAY_MANIFEST;
  const production = Object.entries<{ dev?: boolean; devOptional?: boolean }>(packages).filter(
    ([path, { dev, devOptional }]) => path !== '' && !dev && !devOptional,
  );
  return {
    name,
    version,
    lockfileVersion,
    requires: true,
    packages: {
      '': { name, version, license, bin, engines, dependencies },
      ...Object.fromEntries(production),
    },
  };
}
