import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';
import { startRedis } from '../support/redis.ts';
import { bursts, hammer, pause } from './hammer.ts';

/** `npm run test:limits` takes the plan of the default configuration, and minutes; otherwise one that a busy machine can use up. */
const FULL = process.env.TEST_PLAN === 'full';
const POINTS = FULL ? 600 : 120;
const SECONDS = FULL ? 60 : 6;
const NODES = 4;
const CLIENTS = 16;
const WINDOWS = 3;
const TIMEOUT = 60_000 + WINDOWS * SECONDS * 1_200;

const redis = await startRedis();
const nodes: GatewayProcess[] = [];
const folder = mkdtempSync(join(tmpdir(), 'linguanova-nodes-'));
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.end('SIGTERM')));
  await redis?.stop();
  rmSync(folder, { recursive: true });
});

describe.skipIf(redis === null)('many nodes on one Redis', { timeout: TIMEOUT }, () => {
  beforeAll(async () => {
    const environment = {
      LINGUANOVA_SANDBOX: '1',
      DATABASE_URL: `sqlite:${join(folder, 'keys.db')}`,
      LINGUANOVA_SECRET: randomBytes(32).toString('base64'),
      LINGUANOVA_PLANS: `default=${POINTS}/${SECONDS}`,
      REDIS_URL: redis?.url ?? '',
      LOG_LEVEL: 'silent',
    };
    for (let n = 0; n < NODES; n++) nodes.push(await startProcess(environment));
  }, 120_000);

  test('together admit exactly the plan in each window', async () => {
    const key = /x-api-key: (\S+?)"/.exec(nodes[0]?.stdout() ?? '')?.[1] ?? '';
    const urls = nodes.map(({ url }) => url);
    const samples = await hammer(urls, key, CLIENTS, pause((WINDOWS + 0.5) * SECONDS * 1000));

    expect([...new Set(samples.map(({ status }) => status))].sort()).toEqual([200, 429]);
    const windows = bursts(samples, SECONDS * 300);
    expect(windows.length).toBeGreaterThanOrEqual(WINDOWS);
    if (FULL) console.log(`admitted in each window: ${windows.map(({ length }) => length).join(', ')}`);
    for (const window of windows) expect(window.length).toBeLessThanOrEqual(POINTS);
    for (const window of windows.slice(0, WINDOWS)) {
      expect(window.length).toBeGreaterThanOrEqual(0.95 * POINTS);
    }
    const serving = new Set(windows.flat().map(({ node }) => node));
    expect(serving.size, 'each node admitted some').toBe(NODES);
  });
});
