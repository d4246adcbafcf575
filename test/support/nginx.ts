/**
 * An nginx of the tests' own, with a configuration of this repository. Needs the Debian package `nginx`, and installs it where
 * it may.
 *
 * @module
 */

import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { promisify } from 'node:util';
import { debianProgram } from './debian-package.ts';

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
  if ((await debianProgram(PROGRAM, ['nginx-light'], 'BEHIND NGINX')) === null) return null;
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
  // It writes its pid once it listens; the check of the configuration leaves an empty file.
  const isListening = () =>
    existsSync(join(folder, 'pid')) && readFileSync(join(folder, 'pid'), 'utf8') !== '';
  while (!isListening() && child.exitCode === null) await setTimeout(20);
  return {
    async stop() {
      child.kill('SIGTERM');
      await exit;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
