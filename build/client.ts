/** The package `@linguanova/client`: one file of JavaScript, and one of types that imports nothing. */

import { cpSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { rolldown } from 'rolldown';
import { dts } from 'rolldown-plugin-dts';
import { contractSource } from './client-contract.ts';
import { CLIENT_MANIFEST, DIST, ROOT } from './manifests.ts';
import { run, write, writeJson } from './steps.ts';

export async function buildClient(target: string): Promise<void> {
  await writeScript(join(target, 'index.js'));
  await writeTypes(target);
  cpSync(join(ROOT, 'LICENSE'), join(target, 'LICENSE'));
  cpSync(join(ROOT, 'build/package/README.md'), join(target, 'README.md'));
  writeJson(join(target, 'package.json'), CLIENT_MANIFEST);
}

export async function writeScript(file: string): Promise<void> {
  const script = await rolldown({
    input: join(ROOT, 'src/client/index.ts'),
    transform: { target: 'es2022' },
  });
  // The file of types has the descriptions.
  await script.write({ file, comments: { jsdoc: false } });
}

/** Compiles a copy of the client whose contract is written out, and bundles the declarations. */
async function writeTypes(target: string): Promise<void> {
  // Below the repository, whose `package.json` makes it ESM.
  const copy = join(DIST, 'client-types');
  rmSync(copy, { recursive: true, force: true });
  try {
    for (const path of ['src/client', 'src/compute/states.ts']) {
      cpSync(join(ROOT, path), join(copy, path), {
        recursive: true,
        filter: (file) => !file.endsWith('.test.ts'),
      });
    }
    write(join(copy, 'src/client/contract.ts'), contractSource());
    writeJson(join(copy, 'tsconfig.json'), {
      extends: join(ROOT, 'build/package/tsconfig.client.json'),
      compilerOptions: { rootDir: 'src', outDir: 'types' },
      files: ['src/client/index.ts'],
    });
    run('tsc', '--project', join(copy, 'tsconfig.json'));
    const types = await rolldown({
      input: { index: join(copy, 'types/client/index.d.ts') },
      plugins: [dts({ dtsInput: true, oxc: true, tsconfig: false })],
    });
    await types.write({ dir: target });
  } finally {
    rmSync(copy, { recursive: true });
  }
}
