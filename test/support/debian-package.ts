import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

/**
 * A program of a Debian package. Where it is missing the package is installed, if this is root on a Debian.
 *
 * @param untested What is not tested without it, for the line that reports it.
 * @returns null, with the reason printed, where it cannot be had; with `CI=true` that is an error.
 */
export async function debianProgram(
  program: string,
  packages: readonly string[],
  untested: string,
): Promise<string | null> {
  try {
    if (!existsSync(program)) await install(packages);
    return program;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (process.env.CI === 'true') throw new Error(`${program} cannot be had: ${reason}`);
    console.error(`\n*** NOT TESTED ${untested}: ${reason}\n`);
    return null;
  }
}

async function install(packages: readonly string[]): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new Error(`it is not installed, and only root can: apt-get install ${packages.join(' ')}`);
  if (!existsSync('/usr/bin/apt-get')) throw new Error('it is not installed, and there is no apt-get');
  await aptInstall(packages).catch(async () => {
    await apt('update', '-q');
    await aptInstall(packages);
  });
}

function aptInstall(packages: readonly string[]): Promise<unknown> {
  // Waits for another test file that installs something too.
  return apt('install', '-y', '-q', '-o', 'DPkg::Lock::Timeout=300', '--no-install-recommends', ...packages);
}

function apt(...args: string[]): Promise<unknown> {
  // In this runlevel Debian starts no service: a test starts its own.
  return run('apt-get', args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' } });
}
