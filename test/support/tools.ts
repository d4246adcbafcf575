import { execFile } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';

/**
 * Installs what a test alone needs: a folder with a `package.json` and a `package-lock.json` of its own, so that `npm ci` of the
 * repository stays quick. Does nothing if it is installed already. Returns its `node_modules`.
 */
export async function installTools(folder: string): Promise<string> {
  const modules = join(folder, 'node_modules');
  // npm writes this file last.
  const installed = join(modules, '.package-lock.json');
  const isCurrent =
    existsSync(installed) &&
    statSync(installed).mtimeMs >= statSync(join(folder, 'package-lock.json')).mtimeMs;
  if (!isCurrent) await promisify(execFile)('npm', ['ci', '--no-audit', '--no-fund'], { cwd: folder });
  return modules;
}
