import { execFile } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

/** Debian's folder of each version. */
const VERSIONS = '/usr/lib/postgresql';
const CLUSTER_SETTINGS = '/etc/postgresql-common/createcluster.conf';
const NO_CLUSTER = 'create_main_cluster = false\n';

/**
 * The folder of `initdb` and `pg_ctl`. Where they are missing they are installed, if this is root on a Debian.
 *
 * @returns null, with the reason printed, where they cannot be had; with `CI=true` that is an error.
 */
export async function postgresBinaries(): Promise<string | null> {
  try {
    if (newest() === null) await install();
    const folder = newest();
    if (folder === null) throw new Error(`the package postgresql has left nothing in ${VERSIONS}`);
    return folder;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (process.env.CI === 'true') throw new Error(`PostgreSQL cannot be had: ${reason}`);
    console.error(`\n*** NOT TESTED ON POSTGRESQL: ${reason}\n`);
    return null;
  }
}

function newest(): string | null {
  if (!existsSync(VERSIONS)) return null;
  const folders = readdirSync(VERSIONS)
    .sort((a, b) => Number(b) - Number(a))
    .map((version) => join(VERSIONS, version, 'bin'));
  return folders.find((folder) => existsSync(join(folder, 'initdb'))) ?? null;
}

async function install(): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new Error('it is not installed, and only root can: apt-get install postgresql');
  if (!existsSync('/usr/bin/apt-get')) throw new Error('it is not installed, and there is no apt-get');
  keepDebianFromStartingOne();
  await aptInstall().catch(async () => {
    await apt('update', '-q');
    await aptInstall();
  });
}

/** The package would make a cluster of its own and start it. */
function keepDebianFromStartingOne(): void {
  mkdirSync(dirname(CLUSTER_SETTINGS), { recursive: true });
  const settings = existsSync(CLUSTER_SETTINGS) ? readFileSync(CLUSTER_SETTINGS, 'utf8') : '';
  if (!settings.includes(NO_CLUSTER)) appendFileSync(CLUSTER_SETTINGS, NO_CLUSTER);
}

function aptInstall(): Promise<unknown> {
  // Preserves the settings just written, and waits for another test file that installs it too.
  const options = ['-o', 'Dpkg::Options::=--force-confold', '-o', 'DPkg::Lock::Timeout=300'];
  return apt('install', '-y', '-q', '--no-install-recommends', ...options, 'postgresql');
}

function apt(...args: string[]): Promise<unknown> {
  return run('apt-get', args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } });
}
