import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Debian calls this program to decide whether a package may start its service; without one it may. */
const POLICY = '/usr/sbin/policy-rc.d';

/**
 * Whether `program` is on this machine. Where it is missing its package is installed, if this is root on a Debian whose packages
 * do not start services by themselves.
 *
 * @param install Whether it may be installed at all.
 * @returns false, with the reason printed, where it cannot be had.
 */
export async function haveProgram(
  program: string,
  packages: readonly string[],
  install: boolean,
): Promise<boolean> {
  if (existsSync(program)) return true;
  try {
    if (!install) throw new Error('it is not there, and nothing is to be installed');
    if (process.getuid?.() !== 0) throw new Error('only root can install it');
    if (!existsSync('/usr/bin/apt-get')) throw new Error('there is no apt-get');
    if (!existsSync(POLICY)) throw new Error('installing it would start a service');
    await aptInstall(packages).catch(async () => {
      await apt('update', '-q');
      await aptInstall(packages);
    });
    return existsSync(program);
  } catch (error) {
    const reason = error instanceof Error ? error.message.split('\n')[0] : String(error);
    console.error(`*** WITHOUT ${program} (apt-get install ${packages.join(' ')}): ${reason}`);
    return false;
  }
}

function aptInstall(packages: readonly string[]): Promise<unknown> {
  // Waits for another installation.
  return apt('install', '-y', '-q', '-o', 'DPkg::Lock::Timeout=300', '--no-install-recommends', ...packages);
}

function apt(...args: string[]): Promise<unknown> {
  return run('apt-get', args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
}
