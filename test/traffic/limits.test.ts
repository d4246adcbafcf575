import { afterEach, describe, expect, test } from 'vitest';
import type { GatewayUnderTest } from '../support/gateway.ts';
import { ReduClient } from '../support/redu-client.ts';
import { admittedOf, type LimitedGateway, limitedGateway, plan, readOnce } from './limited-gateway.ts';

let running: LimitedGateway | undefined;
afterEach(() => running?.close());

async function start(limits: NonNullable<GatewayUnderTest['limits']>): Promise<LimitedGateway> {
  running = await limitedGateway({ limits: { mode: 'enforce', ...limits } });
  return running;
}

const FIELDS = [
  'RateLimit-Policy',
  'RateLimit',
  'X-RateLimit-Limit',
  'X-RateLimit-Remaining',
  'X-RateLimit-Reset',
];
const fieldsOf = (headers: Headers) => FIELDS.map((name) => headers.get(name));

describe('responses', () => {
  test('every response has the rate limit headers, errors too', async () => {
    const { client } = await start({ plans: [plan('default', 600, 60)] });
    const customer = await client();
    expect(fieldsOf((await readOnce(customer)).headers)).toEqual([
      '"default";q=600;w=60',
      expect.stringMatching(/^"default";r=599;t=(?:60|5\d)$/),
      '600',
      '599',
      expect.stringMatching(/^(?:60|5\d)$/),
    ]);
    const { status, headers } = await customer.get('/v1/instances/none');
    expect([status, headers.get('X-RateLimit-Remaining')]).toEqual([404, '598']);
    const wrong = await customer.post('/v1/instances', {});
    expect([wrong.status, wrong.headers.get('X-RateLimit-Remaining')], 'a create costs 5').toEqual([
      400,
      '593',
    ]);
    const other = await customer.post('/v1/keypairs', {});
    expect(other.headers.get('X-RateLimit-Remaining'), 'another write costs 2').toBe('591');
  });

  test('over the limit: 429 with Retry-After and the error body of the dialect', async () => {
    const { client } = await start({ plans: [plan('default', 3, 60)] });
    const customer = await client();
    expect(await admittedOf(customer, 10)).toBe(3);
    const { status, headers, body } = await readOnce(customer);
    expect(status).toBe(429);
    expect(body).toEqual({
      error: { code: 'overLimit', message: expect.stringContaining('3 points in 60') },
    });
    const reset = headers.get('X-RateLimit-Reset');
    expect(fieldsOf(headers)).toEqual(['"default";q=3;w=60', `"default";r=0;t=${reset}`, '3', '0', reset]);
    expect(Number(reset)).toBeGreaterThan(55);
    expect(headers.get('Retry-After')).toBe(reset);
    expect(headers.get('X-Request-Id')).toMatch(/^req-/);
  });

  test('a request after Retry-After is admitted', async () => {
    const { client } = await start({ plans: [plan('default', 3, 4)] });
    const customer = await client();
    for (let window = 0; window < 2; window++) {
      expect(await admittedOf(customer, 10)).toBe(3);
      const wait = Number((await readOnce(customer)).headers.get('Retry-After'));
      expect(wait).toBeLessThanOrEqual(4);
      await new Promise((resolve) => setTimeout(resolve, wait * 1000));
    }
    expect((await readOnce(customer)).status).toBe(200);
  });

  test('a request that costs more than the whole plan is rejected as such; cheaper ones pass', async () => {
    const { client } = await start({ plans: [plan('default', 4, 60)] });
    const customer = await client();
    const { status, body } = await customer.post('/v1/instances', {});
    expect(status).toBe(429);
    expect(body.error.message).toContain('costs 5 points');
    expect(body.error.message).toContain('never admitted');
    expect(await admittedOf(customer, 10)).toBe(4);
  });

  test('a rejected request has no effect', async () => {
    const { client } = await start({ plans: [plan('default', 3, 60)] });
    const customer = await client();
    expect((await customer.post('/v1/keypairs', { name: 'one' })).status).toBe(201);
    expect((await customer.post('/v1/keypairs', { name: 'two' })).status).toBe(429);
    const { body } = await customer.get('/v1/keypairs');
    expect(body.items.map(({ name }: { name: string }) => name)).not.toContain('two');
  });
});

describe('shared limits', () => {
  test('a key shares its limit with its successors', async () => {
    const { client, gateway } = await start({ plans: [plan('default', 10, 60, 1_000)] });
    const customer = await client();
    const id = customer.key.split('_')[1];
    const { body } = await customer.post(`/v1/api_keys/${id}/rotate`, { overlap_seconds: 60 });
    const successor = new ReduClient(gateway.url, body.key);
    expect(await admittedOf(customer, 4)).toBe(4);
    expect(await admittedOf(successor, 20)).toBe(4);
    expect((await readOnce(customer)).status).toBe(429);
  });

  test('keys of a project on one plan share its project limit, besides their own', async () => {
    const { client } = await start({ plans: [plan('default', 10, 60, 15)] });
    const [one, two, stranger] = [await client(), await client(), await client('globex')];
    expect(await admittedOf(one, 20), 'its own limit').toBe(10);
    expect(await admittedOf(two, 20), 'the rest of the project’s').toBe(5);
    expect((await readOnce(two)).headers.get('RateLimit-Policy')).toBe('"default";q=15;w=60');
    expect(await admittedOf(stranger, 20), 'another project').toBe(10);
  });

  test('keys of different plans are counted separately', async () => {
    const { client } = await start({ plans: [plan('default', 5, 60), plan('gold', 12, 30)] });
    const [plain, gold] = [await client('acme'), await client('acme', 'gold')];
    expect(await admittedOf(plain, 20)).toBe(5);
    expect(await admittedOf(gold, 20)).toBe(12);
    expect((await readOnce(gold)).headers.get('RateLimit-Policy')).toBe('"gold";q=12;w=30');
  });

  test('health, metrics, sign-up and the admin API are not limited', async () => {
    const { gateway, client } = await start({ plans: [plan('default', 1, 60)] });
    expect(await admittedOf(await client(), 5)).toBe(1);
    for (const path of ['/healthz', '/readyz', '/metrics']) {
      for (let n = 0; n < 5; n++) {
        const { status, headers } = await fetch(gateway.url + path);
        expect([status, headers.get('RateLimit')]).toEqual([200, null]);
      }
    }
    const listed = await fetch(`${gateway.url}/admin/v1/keys`);
    expect([listed.status, listed.headers.get('RateLimit')]).toEqual([401, null]);
    const signUp = await fetch(`${gateway.url}/v1/api_keys`, { method: 'POST', body: '{}' });
    expect(signUp.headers.get('RateLimit')).toBeNull();
  });
});

describe('modes', () => {
  const metric = async ({ gateway }: LimitedGateway, decision: string) => {
    const text = await (await fetch(`${gateway.url}/metrics`)).text();
    const line = new RegExp(
      `^linguanova_limit_decisions_total\\{decision="${decision}",plan="default"\\} (\\d+)`,
    );
    return Number(new RegExp(line, 'm').exec(text)?.[1] ?? 0);
  };

  test('shadow counts and sets headers, and rejects nothing', async () => {
    const limited = await start({ mode: 'shadow', plans: [plan('default', 3, 60)] });
    const customer = await limited.client();
    expect(await admittedOf(customer, 10)).toBe(10);
    expect((await readOnce(customer)).headers.get('X-RateLimit-Remaining')).toBe('0');
    expect(await metric(limited, 'admitted')).toBe(3);
    expect(await metric(limited, 'shadow_rejected')).toBe(8);
    expect(await metric(limited, 'rejected')).toBe(0);
  });

  test('enforce counts rejections', async () => {
    const limited = await start({ plans: [plan('default', 3, 60)] });
    const customer = await limited.client();
    for (let n = 0; n < 5; n++) await readOnce(customer);
    expect([await metric(limited, 'admitted'), await metric(limited, 'rejected')]).toEqual([3, 2]);
  });

  test('off sets no headers and rejects nothing', async () => {
    const { client } = await start({ mode: 'off', plans: [plan('default', 1, 60)] });
    const customer = await client();
    expect(await admittedOf(customer, 5)).toBe(5);
    expect((await readOnce(customer)).headers.get('RateLimit')).toBeNull();
  });
});
