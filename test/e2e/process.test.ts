import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';
import { run } from './run.ts';
import { WRONG_VARIABLES } from './wrong-variables.ts';

const ROOT = join(import.meta.dirname, '../..');
const MAIN = join(ROOT, 'adapters/node/main.ts');
const SECRET = Buffer.alloc(32, 7).toString('base64');

let running: GatewayProcess | undefined;
afterEach(async () => {
  if (running?.child.exitCode === null) await running.end('SIGKILL');
  running = undefined;
});

describe('npm start', () => {
  test('prints a working curl command, and stops on the signal', async () => {
    const { PATH = '', HOME = '' } = process.env;
    const npm = spawn('npm', ['start'], {
      cwd: ROOT,
      // npm runs it here, where nothing is to be left behind.
      env: {
        PATH,
        HOME,
        PORT: '0',
        LOG_LEVEL: 'silent',
        LINGUANOVA_SANDBOX: '1',
        LINGUANOVA_SECRET: SECRET,
        DATABASE_URL: `sqlite:${join(emptyDirectory(), 'keys.db')}`,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    const ended = once(npm, 'close');
    try {
      const curl = await printed(npm.stdout, /^ +(curl .*)$/m);
      const { code, stdout } = await run('/bin/sh', ['-c', curl]);
      expect([code, stdout]).toEqual([0, expect.stringMatching(/^\[/)]);
      expect(JSON.parse(stdout).map(({ name }: { name: string }) => name)).toEqual([
        'web-production-01',
        'api-staging',
      ]);
    } finally {
      // To npm and what it started, as a terminal does.
      process.kill(-(npm.pid ?? 0), 'SIGTERM');
      await ended;
    }
  });

  test('prints an admin token that works', async () => {
    running = await startProcess({ LOG_LEVEL: 'silent' });
    const token = /^Admin token[^:]*: (\S+)$/m.exec(running.stdout())?.[1];
    const create = (authorization: string) =>
      fetch(`${running?.url}/admin/v1/keys`, { method: 'POST', headers: { authorization } });
    expect((await create('Bearer wrong')).status).toBe(401);
    expect((await create(`Bearer ${token}`)).status, 'authenticated, but the body is missing').toBe(400);
    expect(await running.end('SIGTERM')).toBe(0);
  });

  test.each(['SIGTERM', 'SIGINT'] as const)('exits with 0 on %s without connections', async (signal) => {
    running = await startProcess({ LOG_LEVEL: 'silent', LINGUANOVA_SANDBOX: '1', LINGUANOVA_SECRET: SECRET });
    expect(await running.end(signal)).toBe(0);
    expect(running.stderr()).toBe('');
  });
});

describe('an invalid variable stops the start with one line that names it', () => {
  test.each(WRONG_VARIABLES.map((row) => [row.named, JSON.stringify(row.environment), row] as const))(
    '%s: %s',
    async (named, _, { environment, secret }) => {
      const { code, stdout, stderr } = await failedStart({ PORT: '0', ...environment });
      expect.soft(code).toBe(1);
      expect.soft(stdout).toBe('');
      expect.soft(stderr).toMatch(new RegExp(`^linguanova: ${named} [^\n]+\n$`));
      if (secret !== undefined) expect(stderr).not.toContain(secret);
    },
  );

  test('a port in use stops the start with one line', async () => {
    running = await startProcess({ LOG_LEVEL: 'silent', LINGUANOVA_SANDBOX: '1', LINGUANOVA_SECRET: SECRET });
    const { port } = new URL(running.url);
    const { code, stdout, stderr } = await failedStart({
      PORT: port,
      LINGUANOVA_SANDBOX: '1',
      LINGUANOVA_SECRET: SECRET,
    });
    expect([code, stdout]).toEqual([1, '']);
    expect(stderr).toMatch(/^linguanova: PORT \d+ is already in use[^\n]*\n$/);
    expect(stderr).toContain(port);
    expect((await fetch(`${running.url}/healthz`)).status, 'the first one still serves').toBe(200);
  });

  test('an unknown command prints the usage', async () => {
    const { code, stdout } = await run(process.execPath, [MAIN, 'explode']);
    expect(code).toBe(2);
    expect(stdout).toContain('linguanova [serve]');
  });
});

/** A start that must fail, in an empty directory. One that serves after all is ended after a while. */
function failedStart(environment: Record<string, string>) {
  return run(process.execPath, [MAIN], environment, { cwd: emptyDirectory(), timeout: 60_000 });
}

function emptyDirectory(): string {
  return mkdtempSync(join(tmpdir(), 'linguanova-'));
}

/** The first group of `pattern` as soon as the stream has it. */
async function printed(stream: NodeJS.ReadableStream, pattern: RegExp): Promise<string> {
  let text = '';
  for await (const chunk of stream) {
    text += chunk;
    const found = pattern.exec(text)?.[1];
    if (found !== undefined) return found;
  }
  throw new Error(`ended without it: ${text}`);
}
