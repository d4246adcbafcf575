import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync } from 'node:fs';
import { constants, setPriority, tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { FaultyCloud } from '../support/faulty-cloud.ts';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';
import { startRedis } from '../support/redis.ts';
import { ReduClient } from '../support/redu-client.ts';

/** More, where there is time for them: each takes seconds. */
const WRITES = Number(process.env.STARVED_WRITES ?? 12);
const BUSY_LOOPS = 4;
/** Of the busy loops: the gateways, which are at 19, get a few percent of the CPU. */
const NICE = Number(process.env.STARVED_NICE ?? 12);
const ADMIN_TOKEN = 'admin-token-of-the-tests';
const NEW = { name: 'web', flavor_id: 'm1.tiny', image_id: 'ubuntu-22.04-amd64' };

const redis = await startRedis();
const nodes: GatewayProcess[] = [];
const loops: ChildProcess[] = [];
let cloud: FaultyCloud | undefined;
afterAll(async () => {
  for (const loop of loops) loop.kill('SIGKILL');
  await Promise.all(nodes.map((node) => node.end('SIGKILL')));
  await cloud?.stop();
  await redis?.stop();
}, 60_000);

test.skipIf(redis === null)(
  `${WRITES} times written at one and read at the other, both starved of CPU: never stale`,
  { timeout: 600_000 },
  async () => {
    cloud = await FaultyCloud.start();
    const environment = {
      HOST: '127.0.0.1',
      OS_AUTH_URL: cloud.authUrl,
      LINGUANOVA_SECRET: Buffer.alloc(32, 3).toString('base64'),
      LINGUANOVA_ADMIN_TOKEN: ADMIN_TOKEN,
      LINGUANOVA_PLANS: 'default=1000000/60',
      LINGUANOVA_CACHE_SECONDS: '3600',
      DATABASE_URL: `sqlite:${join(mkdtempSync(join(tmpdir(), 'linguanova-')), 'keys.db')}`,
      REDIS_URL: redis?.url ?? '',
      LOG_LEVEL: 'warn',
    };
    for (let n = 0; n < 2; n++) nodes.push(await startProcess(environment));
    const [first] = nodes;
    const [account] = cloud.accounts;
    const issued = await fetch(`${first?.url}/admin/v1/keys`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        name: 'starved',
        application_credential: {
          id: account?.applicationCredentialId,
          secret: account?.applicationCredentialSecret,
        },
      }),
    });
    const { key } = (await issued.json()) as { key: string };
    const [a, b] = nodes.map(({ url }) => new ReduClient(url, key));
    if (a === undefined || b === undefined) throw new Error('there are no nodes');
    const { id } = await a.boot(NEW);
    for (const { child } of nodes) setPriority(child.pid ?? 0, constants.priority.PRIORITY_LOW);
    for (let n = 0; n < BUSY_LOOPS; n++) {
      const loop = spawn(process.execPath, ['-e', 'for (;;);']);
      setPriority(loop.pid ?? 0, NICE);
      loops.push(loop);
    }

    const stale: string[] = [];
    let hits = 0;
    for (let n = 0; n < WRITES; n++) {
      const [writer, reader] = n % 2 === 0 ? [a, b] : [b, a];
      const path = n % 4 < 2 ? `/v1/instances/${id}` : '/v1/instances';
      // So that the other has something cached that the change makes stale.
      const before = await reader.get(path);
      if (before.headers.get('X-Cache') === 'HIT') hits += 1;
      await reader.get(path);
      const count = String(n);
      const written = await writer.patch(`/v1/instances/${id}`, { metadata: { count } });
      expect(written.status, JSON.stringify(written.body)).toBe(200);
      const { body } = await reader.get(path);
      const found = (Array.isArray(body) ? body[0] : body).metadata.count;
      if (found !== count) stale.push(`${found} for ${count}`);
    }
    expect(stale).toEqual([]);
    expect(hits, 'there is a cache').toBeGreaterThan(0);
  },
);
