import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { COMPILE_CACHE } from '../support/compile-cache.ts';
import { run } from './run.ts';

const PROGRAM = new URL('../../adapters/node/redu-sandbox.ts', import.meta.url).pathname;

test('npm run start:redu prints a working curl command, and stops both gateways on the signal', async () => {
  const { PATH = '', HOME = '' } = process.env;
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-'));
  const child = spawn(process.execPath, [PROGRAM], {
    cwd: folder,
    env: { PATH, HOME, ...COMPILE_CACHE, PORT: '0', LOG_LEVEL: 'warn' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'close');
  try {
    const curl = await new Promise<string>((resolve, reject) => {
      let printed = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => {
        printed += chunk;
        const found = /^ +(curl .*)$/m.exec(printed)?.[1];
        if (found !== undefined) resolve(found);
      });
      child.on('close', () => reject(new Error(`it has ended: ${printed}`)));
    });
    const { code, stdout } = await run('/bin/sh', ['-c', curl]);
    expect(code).toBe(0);
    const { servers } = JSON.parse(stdout);
    expect(servers.map(({ name }: { name: string }) => name)).toEqual(['web-production-01', 'api-staging']);
    expect(servers[0].addresses).not.toEqual({});
  } finally {
    child.kill('SIGTERM');
    await ended;
    rmSync(folder, { recursive: true });
  }
  expect(child.exitCode).toBe(0);
});
