import { beforeAll, describe, expect, test } from 'vitest';
import type { ObjectNamespace } from '../../../adapters/workers/bindings.ts';
import { edgeHandler } from '../../../adapters/workers/handler.ts';
import type { LimitObject } from '../../../adapters/workers/limit-object.ts';
import { type Bindings, createEdgeGateway } from '../../../adapters/workers/worker.ts';
import type { Target } from '../../conformance/target.ts';
import { edgeTarget } from '../target.ts';
import { bindings } from './bindings.ts';
import { INSIDE_URL } from './setup.ts';

let target: Target;
let key: string;
beforeAll(async () => {
  target = await edgeTarget(INSIDE_URL);
  key = (await target.acme.client()).key;
});

/** A gateway whose bindings differ in this, as the runtime would have it. */
function worker(broken: Partial<Bindings>) {
  const handler = edgeHandler<Bindings>((given) => createEdgeGateway(given));
  return (path: string, apiKey = key) => {
    const request = new Request(INSIDE_URL + path, { headers: { 'x-api-key': apiKey } });
    const context = { waitUntil() {}, passThroughOnException() {}, props: {} };
    return handler.fetch(request, { ...bindings, ...broken }, context);
  };
}

/** D1 as long as it works, then with this fate. */
function failing(fate: () => Promise<never>) {
  let works = true;
  const { KEYS: d1 } = bindings;
  const KEYS: Bindings['KEYS'] = {
    prepare: (text) => {
      const statement = d1.prepare(text);
      if (works) return statement;
      return { bind: () => ({ ...statement, all: fate }), all: fate, ...{} } as typeof statement;
    },
    batch: (statements) => (works ? d1.batch(statements) : fate()),
  };
  return {
    KEYS,
    fail() {
      works = false;
    },
    mend() {
      works = true;
    },
  };
}

describe('D1', () => {
  test.each([
    'D1_ERROR: Network connection lost.',
    'D1_ERROR: D1 DB is overloaded. Requests queued for too long.',
    'D1_ERROR: Internal error in D1 DB storage caused object to be reset.',
  ])('"%s" is 503 for a key that is not known, and over when it is', async (message) => {
    const database = failing(() => Promise.reject(new Error(message)));
    const send = worker({ KEYS: database.KEYS });
    expect((await send('/v1/flavors')).status).toBe(200);
    database.fail();
    const { key: another } = await target.acme.client();
    const refused = await send('/v1/flavors', another);
    expect(refused.status).toBe(503);
    expect(refused.headers.get('retry-after')).toMatch(/^\d+$/);
    expect(await refused.text()).not.toContain('D1');
    expect(await (await send('/readyz')).json()).toMatchObject({ status: 'degraded', store: 'unreachable' });
    database.mend();
    expect((await send('/v1/flavors', another)).status).toBe(200);
  });

  test('that hangs is 503 in bounded time', async () => {
    const database = failing(() => new Promise<never>(() => {}));
    const send = worker({ KEYS: database.KEYS });
    database.fail();
    expect((await send('/v1/flavors')).status).toBe(503);
  });

  test('without tables is 500 without details', async () => {
    const noTable = 'D1_ERROR: no such table: api_key: SQLITE_ERROR';
    const database = failing(() => Promise.reject(new Error(noTable)));
    const send = worker({ KEYS: database.KEYS });
    database.fail();
    const response = await send('/v1/flavors');
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('table');
  });
});

describe('limit objects', () => {
  const objects = (take: LimitObject['take']): ObjectNamespace<LimitObject> => ({
    idFromName: (name) => name,
    get: () => ({ take }),
  });
  const limited = { LINGUANOVA_PLANS: 'default=20/600' };

  test('that fail leave the isolate to enforce the plan alone', async () => {
    const send = worker({ ...limited, LIMITS: objects(() => Promise.reject(new Error('reset'))) });
    const statuses: number[] = [];
    for (let n = 0; n < 25; n++) statuses.push((await send('/v1/api_keys?limit=1')).status);
    expect(statuses.filter((status) => status === 200)).toHaveLength(20);
    expect(statuses.filter((status) => status === 429)).toHaveLength(5);
  });

  test('that hang delay one request and no later one', async () => {
    let calls = 0;
    const silence = () => {
      calls += 1;
      return new Promise<never>(() => {});
    };
    const send = worker({ ...limited, LIMITS: objects(silence) });
    for (let n = 0; n < 15; n++) expect((await send('/v1/api_keys?limit=1')).status).toBe(200);
    // The key's and the project's, and both now and then once more where the machine is so slow that the pause is over.
    expect(calls).toBeLessThan(15);
  });
});

describe('an invalid configuration', () => {
  test.each([
    [{ LINGUANOVA_SECRET: 'short' }],
    [{ LINGUANOVA_PLANS: 'gold' }],
    [{ OS_AUTH_URL: 'https://cloud.invalid/v3', OS_CACERT: '/etc/ca.pem', LINGUANOVA_SANDBOX: '' }],
  ])('%o: every request is 500, and the value is not shown', async (wrong) => {
    const response = await worker(wrong as Partial<Bindings>)('/v1/flavors');
    expect(response.status).toBe(500);
    const body = await response.text();
    for (const value of Object.values(wrong)) if (value !== '') expect(body).not.toContain(value);
  });
});
