/** The package `linguanova`: JavaScript file by file, and all that the gateway reads at run time. */

import { cpSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { GATEWAY_MANIFEST, ROOT } from './manifests.ts';
import { run, writeJson } from './steps.ts';

/** Read, not imported. */
const COPIED = ['README.md', 'LICENSE', 'adapters/node/node-version.cjs'];
const BROWSER = 'src/console/browser';

export function buildGateway(target: string): void {
  run('tsc', '--project', join(ROOT, 'build/package/tsconfig.json'), '--outDir', target);
  for (const file of COPIED) cpSync(join(ROOT, file), join(target, file));
  cpSync(join(ROOT, BROWSER), join(target, BROWSER), {
    recursive: true,
    filter: (path) => !path.endsWith('.test.ts'),
  });
  cpSync(join(ROOT, 'src/client'), join(target, 'src/client'), {
    recursive: true,
    filter: (path) => !path.endsWith('.test.ts'),
  });
  cpSync(join(ROOT, 'build/package/linguanova.cjs'), join(target, 'bin/linguanova.cjs'));
  writeJson(join(target, 'package.json'), GATEWAY_MANIFEST);
  writeJson(join(target, 'npm-shrinkwrap.json'), shrinkwrap());
}

/** The versions that were tested, for whoever installs the command. */
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
