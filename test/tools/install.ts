/**
 * Programs that a test of a tool needs, each in a folder of its own below `TOOLS_HOME` (`/tmp/tools`). Installed once; tests that run at
 * the same time wait for each other.
 *
 * @module
 */

import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

const HOME = process.env.TOOLS_HOME ?? '/tmp/tools';
const SCRIPTS = join(import.meta.dirname, 'install');
const OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * Runs the executable `install/NAME` in the folder of that name, unless it succeeded there in its present form. What an earlier
 * attempt left is still there.
 *
 * @returns The folder.
 */
export function installed(name: string): Promise<string> {
  const script = join(SCRIPTS, name);
  return once(name, `'${script}'`, readFileSync(script, 'utf8'));
}

/**
 * A virtual environment with these packages of PyPI.
 *
 * @param packages With their versions: `openstacksdk==4.22.0`.
 * @returns Its folder; programs are in `bin`.
 */
export function pythonTool(name: string, packages: readonly string[]): Promise<string> {
  const wanted = packages.map((one) => `'${one}'`).join(' ');
  const install = `python3 -m venv --clear . && bin/pip install --quiet --disable-pip-version-check ${wanted}`;
  return once(name, install, install);
}

/** @param recipe What has to be the same for an installation to be left as it is. */
async function once(name: string, command: string, recipe: string): Promise<string> {
  const folder = join(HOME, name);
  mkdirSync(folder, { recursive: true });
  const mark = createHash('sha256').update(recipe).digest('hex');
  const unlessDone = `[ "$(cat ../${name}.installed 2>/dev/null)" = ${mark} ] || { ${command} && echo ${mark} >../${name}.installed; }`;
  await promisify(execFile)('flock', [join(HOME, `${name}.lock`), 'bash', '-c', unlessDone], {
    cwd: folder,
    maxBuffer: OUTPUT_BYTES,
  });
  return folder;
}
