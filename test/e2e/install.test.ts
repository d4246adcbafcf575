import { copyFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { emptyDirectory } from './keys-database.ts';
import { run } from './run.ts';

const ROOT = join(import.meta.dirname, '../..');

test('npm ci prints no warning, whatever Node the machine has', async () => {
  const cwd = emptyDirectory();
  for (const file of ['package.json', 'package-lock.json', '.npmrc'])
    copyFileSync(join(ROOT, file), join(cwd, file));
  // The machine's own Node, not that of the project.
  const PATH = (process.env.PATH ?? '')
    .split(':')
    .filter((folder) => !folder.includes('node_modules'))
    .join(':');
  const { code, stderr } = await run('npm', ['ci', '--dry-run'], { PATH }, { cwd });
  expect([code, stderr]).toEqual([0, '']);
});
