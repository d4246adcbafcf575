import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const DESCRIPTORS = 120;

/** A sandbox gateway, started by this command line, once it has printed its address. */
async function started(program: string, args: readonly string[], more: Record<string, string> = {}) {
  const child = spawn(program, [...args], {
    cwd: ROOT,
    env: {
      PATH: process.env.PATH ?? '',
      HOME: process.env.HOME ?? '',
      PORT: '0',
      LINGUANOVA_SANDBOX: '1',
      LINGUANOVA_SECRET: Buffer.alloc(32, 5).toString('base64'),
      LINGUANOVA_ADMIN_TOKEN: 'admin-token-of-the-tests',
      DATABASE_URL: `sqlite:${join(mkdtempSync(join(tmpdir(), 'linguanova-')), 'keys.db')}`,
      ...more,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let printed = '';
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout.setEncoding('utf8').on('data', (part: string) => {
      printed += part;
      const [, found] = / at (http:\/\/[^\s]+?)\. Try/.exec(printed) ?? [];
      if (found !== undefined) resolve(found);
    });
    child.stderr.setEncoding('utf8').on('data', (part: string) => {
      printed += part;
    });
    child.once('exit', () => reject(new Error(`it ended: ${printed}`)));
  });
  return { child, url, printed: () => printed };
}

/** Ends what is left of a process group. */
function killGroup(pid: number | undefined): void {
  try {
    process.kill(-(pid ?? 0), 'SIGKILL');
  } catch {
    // Nothing is left.
  }
}

test('200 unused connections on 120 descriptors do not delay a request', async () => {
  const { child, url, printed } = await started('/bin/sh', [
    '-c',
    `ulimit -n ${DESCRIPTORS}; exec node adapters/node/main.ts`,
  ]);
  const { hostname, port } = new URL(url);
  const silent: Socket[] = [];
  try {
    for (let n = 0; n < 200; n++) {
      const socket = connect(Number(port), hostname);
      socket.on('error', () => {});
      silent.push(socket);
      await once(socket, 'connect');
    }
    // Each response is the first on a connection of its own.
    for (let n = 0; n < 5; n++) {
      const response = await fetch(`${url}/healthz`, {
        headers: { connection: 'close' },
        signal: AbortSignal.timeout(15_000),
      });
      expect(response.status).toBe(200);
    }
    const metrics = await (await fetch(`${url}/metrics`)).text();
    expect(metrics).toMatch(/linguanova_connections_closed_total\{reason="no_request"\} \d\d/);
    expect(printed().match(/connection_limit_reached/g)).toHaveLength(1);
  } finally {
    for (const socket of silent) socket.destroy();
    killGroup(child.pid);
  }
});

test('SIGTERM stops npm start gracefully while unused and idle connections are open', async () => {
  const { child, url } = await started('npm', ['start'], { LOG_LEVEL: 'silent' });
  try {
    const { hostname, port } = new URL(url);
    const silent = connect(Number(port), hostname);
    silent.on('error', () => {});
    await once(silent, 'connect');
    const idle = connect(Number(port), hostname, () =>
      idle.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'),
    );
    idle.on('error', () => {});
    const [response] = (await once(idle, 'data')) as [Buffer];
    expect(response.toString()).toContain('Keep-Alive: timeout=65');
    const closed = Promise.all([once(silent, 'close'), once(idle, 'close')]);
    const exit = once(child, 'exit');
    child.kill('SIGTERM');
    const [code] = await exit;
    expect(code).toBe(0);
    await closed;
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
  } finally {
    killGroup(child.pid);
  }
});

test('an idle connection is closed after LINGUANOVA_KEEP_ALIVE_SECONDS', async () => {
  const { child, url } = await started('node', ['adapters/node/main.ts'], {
    LOG_LEVEL: 'silent',
    LINGUANOVA_KEEP_ALIVE_SECONDS: '1',
  });
  try {
    const { hostname, port } = new URL(url);
    const idle = connect(Number(port), hostname, () =>
      idle.write('GET /healthz HTTP/1.1\r\nHost: a\r\n\r\n'),
    );
    const [response] = (await once(idle, 'data')) as [Buffer];
    expect(response.toString()).toContain('Keep-Alive: timeout=1\r\n');
    // Ends by itself.
    idle.resume();
    await once(idle, 'end');
  } finally {
    killGroup(child.pid);
  }
});
