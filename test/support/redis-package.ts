import { execFile } from 'node:child_process';
import { existsSync, rmSync, writeFileSync } from 'node:fs';
import { promisify } from 'node:util';

const run = promisify(execFile);

const SERVER = '/usr/bin/redis-server';
/** Debian calls this program to decide whether a package may start its service. */
const POLICY = '/usr/sbin/policy-rc.d';

/**
 * The program `redis-server`. Where it is missing it is installed, if this is root on a Debian.
 *
 * @returns null, with the reason printed, where it cannot be had; with `CI=true` that is an error.
 */
export async function redisServer(): Promise<string | null> {
  try {
    if (!existsSync(SERVER)) await install();
    return SERVER;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (process.env.CI === 'true') throw new Error(`Redis cannot be had: ${reason}`);
    console.error(`\n*** NOT TESTED ON REDIS: ${reason}\n`);
    return null;
  }
}

async function install(): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new Error('it is not installed, and only root can: apt-get install redis-server');
  if (!existsSync('/usr/bin/apt-get')) throw new Error('it is not installed, and there is no apt-get');
  // The package would start a server of its own.
  const ours = !existsSync(POLICY);
  if (ours) writeFileSync(POLICY, '#!/bin/sh\nexit 101\n', { mode: 0o755 });
  try {
    await aptInstall().catch(async () => {
      await apt('update', '-q');
      await aptInstall();
    });
  } finally {
    if (ours) rmSync(POLICY, { force: true });
  }
}

function aptInstall(): Promise<unknown> {
  // Waits for another test file that installs it too.
  const options = ['-o', 'DPkg::Lock::Timeout=300', '--no-install-recommends'];
  return apt('install', '-y', '-q', ...options, 'redis-server');
}

function apt(...args: string[]): Promise<unknown> {
  return run('apt-get', args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
}
