import { afterAll, expect, test } from 'vitest';
import { startRedis } from '../support/redis.ts';
import { limitedGateway } from './limited-gateway.ts';

const server = await startRedis();
afterAll(() => server?.stop());

test.skipIf(server === null)('a wrong password of Redis is reported as unauthorized', async () => {
  await server?.command('config', 'set', 'requirepass', 'right');
  const url = new URL(server?.url ?? '');
  url.password = 'wrong';
  const { gateway, close } = await limitedGateway({ redisUrl: url.href });
  const ready = async () => (await fetch(`${gateway.url}/readyz`)).json();
  await expect.poll(ready).toMatchObject({ status: 'degraded', redis: 'unauthorized', store: 'ok' });
  await close();
});
