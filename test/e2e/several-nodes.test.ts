import { randomInt } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { EventReader } from '../events/event-reader.ts';
import { balancerConfiguration } from '../support/balancer.ts';
import { FaultyCloud } from '../support/faulty-cloud.ts';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';
import { startNginx, type TestNginx } from '../support/nginx.ts';
import { startPostgres } from '../support/postgres.ts';
import { startRedis } from '../support/redis.ts';

const ADMIN_TOKEN = 'admin-token-of-the-tests';
/** A local address without other listeners. */
const BALANCER = `127.${randomInt(10, 250)}.${randomInt(1, 250)}.${randomInt(1, 250)}:8080`;

const [postgres, redis] = [await startPostgres(), await startRedis()];
let nginx: TestNginx | null = null;
let cloud: FaultyCloud;
const nodes: GatewayProcess[] = [];

/** As `compose.yaml` has it: the variables of docs/deployment.md, and the balancer of deploy/nginx.conf. */
describe.skipIf(postgres === null || redis === null)(
  'two gateways behind a balancer',
  { timeout: 60_000 },
  () => {
    beforeAll(async () => {
      cloud = await FaultyCloud.start();
      const environment = {
        HOST: '127.0.0.1',
        OS_AUTH_URL: cloud.authUrl,
        LINGUANOVA_SECRET: Buffer.alloc(32, 3).toString('base64'),
        LINGUANOVA_ADMIN_TOKEN: ADMIN_TOKEN,
        LINGUANOVA_PLANS: 'default=20/600,wide=100000/600',
        LINGUANOVA_TRUSTED_PROXIES: '127.0.0.0/8',
        DATABASE_URL: (await postgres?.createDatabase()) ?? '',
        REDIS_URL: redis?.url ?? '',
        LOG_LEVEL: 'warn',
      };
      nodes.push(...(await Promise.all([startProcess(environment), startProcess(environment)])));
      const [one, two] = nodes.map(({ url }) => new URL(url).host);
      nginx = await startNginx(balancerConfiguration(BALANCER, [one ?? '', two ?? '']));
    }, 60_000);

    afterAll(async () => {
      await nginx?.stop();
      await Promise.all(nodes.map((node) => node.end('SIGKILL')));
      await cloud?.stop();
      await redis?.stop();
      await postgres?.stop();
    }, 60_000);

    const urlOf = (index: number) => nodes[index]?.url ?? '';

    /** Issues a key on the first node. */
    async function issue(plan: string): Promise<string> {
      const [account] = cloud.accounts;
      const response = await fetch(`${urlOf(0)}/admin/v1/keys`, {
        method: 'POST',
        headers: { authorization: `Bearer ${ADMIN_TOKEN}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          name: plan,
          plan,
          application_credential: {
            id: account?.applicationCredentialId,
            secret: account?.applicationCredentialSecret,
          },
        }),
      });
      expect(response.status).toBe(201);
      return ((await response.json()) as { key: string }).key;
    }

    const ask = async (url: string, key: string, path = '/v1/flavors') => {
      const response = await fetch(url + path, { headers: { 'x-api-key': key } });
      await response.arrayBuffer();
      return response;
    };

    test('a key issued on one node works on the other, and both share its limit', async () => {
      const key = await issue('default');
      const admitted = [0, 0];
      for (let n = 0; n < 40; n++) {
        const { status } = await ask(urlOf(n % 2), key);
        expect([200, 429]).toContain(status);
        if (status === 200) admitted[n % 2] = (admitted[n % 2] ?? 0) + 1;
      }
      const together = (admitted[0] ?? 0) + (admitted[1] ?? 0);
      // A busy machine may lose Redis for a moment: then a lease more, or a part that is not used.
      expect(together).toBeLessThanOrEqual(22);
      expect(together).toBeGreaterThanOrEqual(10);
      expect(Math.min(...admitted), 'each served some').toBeGreaterThan(0);
    });

    test('a key revoked on one node is rejected by the other', async () => {
      const key = await issue('wide');
      expect((await ask(urlOf(1), key)).status).toBe(200);
      await fetch(`${urlOf(0)}/admin/v1/keys/${key.split('_')[1]}`, {
        method: 'DELETE',
        headers: { authorization: `Bearer ${ADMIN_TOKEN}` },
      });
      await expect.poll(async () => (await ask(urlOf(1), key)).status, { timeout: 30_000 }).toBe(401);
    });

    test('the balancer does not limit image uploads', async (context) => {
      if (nginx === null) return context.skip('nginx cannot be had');
      const status = await new Promise((resolve, reject) => {
        const headers = { 'content-type': 'application/octet-stream', 'content-length': 100 * 1024 * 1024 };
        const upload = request(`http://${BALANCER}/image/v2/images/none/file`, { method: 'PUT', headers });
        upload.on('response', (response) => {
          resolve(response.statusCode);
          upload.destroy();
        });
        upload.on('error', reject);
        upload.flushHeaders();
      });
      expect(status, 'rejected by the gateway for lack of a key').toBe(401);
    });

    test('the balancer does not buffer event streams', async (context) => {
      if (nginx === null) return context.skip('nginx cannot be had');
      const reader = await EventReader.open(`http://${BALANCER}`, await issue('wide'));
      try {
        await reader.until(({ event }) => event === 'ready');
      } finally {
        reader.close();
      }
    });

    test('the balancer exposes only the API, and survives the kill of a gateway', async (context) => {
      if (nginx === null) return context.skip('nginx cannot be had');
      const balancer = `http://${BALANCER}`;
      const key = await issue('wide');
      await expect
        .poll(() =>
          ask(balancer, key).then(
            ({ status }) => status,
            () => 0,
          ),
        )
        .toBe(200);
      for (const path of ['/metrics', '/readyz', '/healthz', '/admin/v1/keys']) {
        expect((await ask(balancer, key, path)).status, path).toBe(404);
      }

      const statuses: number[] = [];
      const askMany = async (times: number) => {
        for (let n = 0; n < times; n++) statuses.push((await ask(balancer, key)).status);
      };
      await askMany(20);
      const clients = [askMany(60), askMany(60), askMany(60)];
      nodes[1]?.child.kill('SIGKILL');
      await Promise.all(clients);
      expect(statuses).toEqual(Array(200).fill(200));
    });
  },
);
