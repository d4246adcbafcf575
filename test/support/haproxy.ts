import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianProgram } from './debian-package.ts';

const PROGRAM = '/usr/sbin/haproxy';

/**
 * A HAProxy of the tests' own. Needs the Debian package `haproxy`, and installs it where it may.
 *
 * @param sections What stands below its `defaults`: frontends and backends of mode http.
 * @returns null, with the reason printed, where it cannot be had; with `CI=true` that is an error.
 */
export async function startHaproxy(sections: string): Promise<{ stop(): Promise<void> } | null> {
  if ((await debianProgram(PROGRAM, ['haproxy'], 'BEHIND HAPROXY')) === null) return null;
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-haproxy-'));
  const file = join(folder, 'haproxy.cfg');
  writeFileSync(
    file,
    `global
  maxconn 200
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
${sections}
`,
  );
  const child = spawn(PROGRAM, ['-db', '-f', file], { stdio: 'ignore' });
  const exit = once(child, 'exit');
  return {
    async stop() {
      child.kill('SIGTERM');
      await exit;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
