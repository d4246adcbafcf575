/**
 * An nginx of the tests' own, with a configuration of this repository. Needs the Debian package `nginx`, and installs it where
 * it may.
 *
 * @module
 */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);

const PROGRAM = '/usr/sbin/nginx';

export interface TestNginx {
  stop(): Promise<void>;
}

/**
 * @param http What stands in the `http` of its configuration.
 * @returns null, with the reason printed, where nginx cannot be had; with `CI=true` that is an error.
 */
export async function startNginx(http: string): Promise<TestNginx | null> {
  try {
    if (!existsSync(PROGRAM)) await install();
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    if (process.env.CI === 'true') throw new Error(`nginx cannot be had: ${reason}`);
    console.error(`\n*** NOT TESTED BEHIND NGINX: ${reason}\n`);
    return null;
  }
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-nginx-'));
  // Its workers are another user.
  chmodSync(folder, 0o755);
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const configuration = `
daemon off;
worker_processes 1;
pid ${folder}/pid;
error_log ${folder}/error.log;
events { worker_connections 512; }
http {
  access_log off;
  ${temporary.join('\n  ')}
  ${http}
}`;
  writeFileSync(join(folder, 'nginx.conf'), configuration);
  const args = ['-p', folder, '-e', join(folder, 'error.log'), '-c', join(folder, 'nginx.conf')];
  await run(PROGRAM, [...args, '-t']);
  const child = spawn(PROGRAM, args, { stdio: 'ignore' });
  const exit = once(child, 'exit');
  return {
    async stop() {
      child.kill('SIGTERM');
      await exit;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function install(): Promise<void> {
  if (process.getuid?.() !== 0)
    throw new Error('it is not installed, and only root can: apt-get install nginx-light');
  if (!existsSync('/usr/bin/apt-get')) throw new Error('it is not installed, and there is no apt-get');
  await aptInstall().catch(async () => {
    await apt('update', '-q');
    await aptInstall();
  });
}

function aptInstall(): Promise<unknown> {
  // Waits for another test file that installs something too.
  const options = ['-o', 'DPkg::Lock::Timeout=300', '--no-install-recommends'];
  return apt('install', '-y', '-q', ...options, 'nginx-light');
}

function apt(...args: string[]): Promise<unknown> {
  // In this runlevel Debian starts no service: nginx would take port 80.
  return run('apt-get', args, { env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' } });
}
