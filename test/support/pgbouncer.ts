import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { debianProgram } from './debian-package.ts';
import { freePort } from './free-port.ts';

export interface TestPgBouncer {
  /** The URL of the same database through this pooler. */
  through(url: string): string;
  stop(): Promise<void>;
}

/**
 * A PgBouncer in transaction mode in front of the PostgreSQL of `url`, on a free port of the loopback.
 *
 * @param settings Lines of its `[pgbouncer]` section.
 * @returns null, with the reason printed, where it cannot be had; with `CI=true` that is an error.
 */
export async function startPgBouncer(
  url: string,
  settings: readonly string[] = [],
): Promise<TestPgBouncer | null> {
  const program = await debianProgram('/usr/sbin/pgbouncer', ['pgbouncer'], 'BEHIND PGBOUNCER');
  if (program === null) return null;
  const { hostname, port: serverPort, username } = new URL(url);
  const port = await freePort();
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-pgbouncer-'));
  chmodSync(folder, 0o755);
  const file = join(folder, 'pgbouncer.ini');
  const lines = [
    '[databases]',
    `* = host=${hostname} port=${serverPort} user=${username}`,
    '[pgbouncer]',
    'listen_addr = 127.0.0.1',
    `listen_port = ${port}`,
    'unix_socket_dir =',
    'auth_type = any',
    'pool_mode = transaction',
    'default_pool_size = 4',
    ...settings,
  ];
  writeFileSync(file, `${lines.join('\n')}\n`, { mode: 0o644 });
  // PgBouncer refuses to run as root.
  const user = process.getuid?.() === 0 ? ['-u', 'postgres'] : [];
  const child = spawn(program, [...user, file], { stdio: ['ignore', 'ignore', 'pipe'] });
  const ended = once(child, 'exit');
  await new Promise<void>((resolve, reject) => {
    let log = '';
    child.on('exit', () => reject(new Error(`PgBouncer did not start: ${log}`)));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      log += text;
      if (log.includes('process up')) resolve();
    });
  });
  return {
    through(database) {
      const through = new URL(database);
      through.host = `127.0.0.1:${port}`;
      return through.href;
    },
    async stop() {
      child.kill('SIGTERM');
      await ended;
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
