import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, constants, mkdtempSync, openSync, readSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, onTestFinished, test } from 'vitest';
import { COMPILE_CACHE } from '../support/compile-cache.ts';

const ROOT = join(import.meta.dirname, '../..');

const GATEWAY = `node ${ROOT}/adapters/node/main.ts`;
/** Standard error is a terminal whose output goes to the FIFO. */
const ON_TERMINAL = `exec 3>&1; exec script -qec "${GATEWAY} >&3" /dev/null >log`;

/** A sandbox gateway, started by this shell command in a directory that has a FIFO `log`, which is open here for reading. */
async function gatewayWithLog(command: string, stderr: 'ignore' | 'pipe' = 'ignore') {
  const directory = mkdtempSync(join(tmpdir(), 'linguanova-'));
  const fifo = join(directory, 'log');
  await promisify((path: string, done: () => void) => spawn('mkfifo', [path]).once('close', done))(fifo);
  let reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
  const child = spawn('/bin/sh', ['-c', command], {
    cwd: directory,
    env: {
      PATH: process.env.PATH ?? '',
      ...COMPILE_CACHE,
      PORT: '0',
      LINGUANOVA_SANDBOX: '1',
      LINGUANOVA_PLANS: 'default=100000/60',
    },
    stdio: ['ignore', 'pipe', stderr],
  });
  onTestFinished(() => {
    child.kill('SIGKILL');
    if (reader !== -1) closeSync(reader);
  });
  let printed = '';
  const [url, key] = await new Promise<[string, string]>((resolve, reject) => {
    child.stdout?.setEncoding('utf8').on('data', (part: string) => {
      printed += part;
      const [, at, apiKey] = / at (http:\S+?)\. Try[\s\S]*x-api-key: (\w+)/.exec(printed) ?? [];
      if (at !== undefined && apiKey !== undefined) resolve([at, apiKey]);
    });
    child.once('exit', () => reject(new Error(`it ended: ${printed}`)));
  });
  const statusOf = async (path: string) => {
    const init = { headers: { 'x-api-key': key }, signal: AbortSignal.timeout(20_000) };
    const response = await fetch(url + path, init);
    await response.arrayBuffer();
    return response.status;
  };
  return {
    child,
    /** The distinct statuses of so many requests in a row, and of a health check. */
    async statuses(count: number) {
      const all = new Set<number>();
      for (let n = 0; n < count; n++) all.add(await statusOf('/v1/me'));
      return [...all.add(await statusOf('/healthz'))];
    },
    async dropped(reason: string) {
      const metrics = await (await fetch(`${url}/metrics`)).text();
      const sample = new RegExp(`^linguanova_log_lines_dropped_total\\{reason="${reason}"\\} (\\d+)`, 'm');
      return Number(sample.exec(metrics)?.[1] ?? 0);
    },
    /** What the FIFO has now. */
    read() {
      const buffer = Buffer.alloc(1 << 20);
      const parts: Buffer[] = [];
      try {
        for (;;) {
          const length = readSync(reader, buffer);
          if (length === 0) break;
          parts.push(Buffer.from(buffer.subarray(0, length)));
        }
      } catch (error) {
        if (!(error instanceof Error && 'code' in error && error.code === 'EAGAIN')) throw error;
      }
      return Buffer.concat(parts).toString('utf8');
    },
    reopen() {
      reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK);
    },
    closeReader() {
      closeSync(reader);
      reader = -1;
    },
  };
}

/** @throws SyntaxError when one of the lines is not whole. */
function parsed(text: string): { readonly msg: string }[] {
  return text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line));
}

test('a stalled log reader loses lines but no request, and resumes with whole lines', async () => {
  const gateway = await gatewayWithLog(`exec ${GATEWAY} 2>log`);
  expect(await gateway.statuses(600)).toEqual([200]);
  await expect.poll(() => gateway.dropped('stalled')).toBeGreaterThan(0);

  let text = gateway.read();
  await gateway.statuses(1);
  await expect
    .poll(() => {
      text += gateway.read();
      return text.endsWith('\n') && text.length > 100_000;
    })
    .toBe(true);
  const before = await gateway.dropped('stalled');
  expect(parsed(text).length).toBeGreaterThan(300);
  await gateway.statuses(5);
  await expect
    .poll(() => {
      text += gateway.read();
      return parsed(text.slice(0, text.lastIndexOf('\n'))).filter(({ msg }) => msg === 'request').length;
    })
    .toBeGreaterThanOrEqual(606 - before);
  expect(await gateway.dropped('stalled')).toBe(before);
});

test('SIGTERM stops a gateway whose log reader has stalled', async () => {
  const gateway = await gatewayWithLog(`exec ${GATEWAY} 2>log`);
  await gateway.statuses(600);
  gateway.child.kill('SIGTERM');
  expect(await once(gateway.child, 'exit')).toEqual([0, null]);
});

test('a closed log pipe loses lines but no request, and its next reader starts with a whole line', async () => {
  const gateway = await gatewayWithLog(`exec ${GATEWAY} 2>log`);
  gateway.closeReader();
  expect(await gateway.statuses(20)).toEqual([200]);
  await expect.poll(() => gateway.dropped('closed')).toBeGreaterThan(0);
  gateway.reopen();
  await gateway.statuses(1);
  let text = '';
  await expect
    .poll(() => {
      text += gateway.read();
      return text;
    })
    .toMatch(/\n$/);
  expect(parsed(text).length).toBeGreaterThan(0);
});

test('a full disk loses log lines but no request', async () => {
  const gateway = await gatewayWithLog(`exec ${GATEWAY} 2>/dev/full`);
  expect(await gateway.statuses(20)).toEqual([200]);
  await expect.poll(() => gateway.dropped('failed')).toBeGreaterThan(0);
});

test.each([
  ['a socket', `exec ${GATEWAY}`, 'pipe'],
  ['a terminal', ON_TERMINAL, 'ignore'],
] as const)('a log on %s that stalls loses lines and no request', async (_, command, stderr) => {
  const gateway = await gatewayWithLog(command, stderr);
  expect(await gateway.statuses(2000)).toEqual([200]);
  await expect.poll(() => gateway.dropped('stalled')).toBeGreaterThan(0);
});
