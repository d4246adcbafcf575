import { afterAll, beforeAll, expect, test } from 'vitest';
import { sendNova } from '../support/nova-client.ts';
import { type ReleasingGateway, releasingGateway } from '../support/releasing-gateway.ts';
import { upstreamPatterns, upstreamRow } from '../support/upstream-patterns.ts';

const VERSIONS: Readonly<Record<string, string>> = {
  'block-storage': '/v3',
  compute: '/v2.1',
  identity: '/v3',
  image: '/v2',
  network: '/v2.0',
};
const MISSING = '8b6f4c21-1c7e-4c45-9e5a-1b6c7a9f2d11';
const PAIR = { service: 'compute', path: '/v2.1/os-keypairs/*' };
const DELETES_PAIR = { ...PAIR, method: 'DELETE' };
const READS_PAIR = { ...PAIR, method: 'GET' };

let setup: ReleasingGateway;
let instanceId: string;
/** `METHOD path` of the requests that the cloud has received, without sign-ins. */
const arrived: string[] = [];
beforeAll(async () => {
  setup = await releasingGateway({ bootMilliseconds: 60 });
  const { client } = setup;
  instanceId = (await client.boot({ name: 'web', flavor_id: 'm1.tiny', image_id: 'debian-12-amd64' })).id;
  expect((await client.post('/v1/keypairs', { name: 'mine' })).status).toBe(201);
  setup.detour = ({ method, url }) => {
    const { pathname } = new URL(url);
    if (!pathname.endsWith('/auth/tokens')) arrived.push(`${method} ${pathname}`);
    return undefined;
  };
});
afterAll(() => setup.close());

const credentials = () => `/identity/v3/users/${setup.account.userId}/application_credentials`;
async function keyWithRules(rules: readonly object[]) {
  const { gateway, key } = setup;
  const application_credential = { name: crypto.randomUUID(), access_rules: rules };
  const made = await sendNova(
    gateway.url,
    `POST ${credentials()}`,
    { 'x-auth-token': key },
    { application_credential },
  );
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  arrived.length = 0;
  return made.body.application_credential.secret as string;
}
const write = (target: string, key: string, headers: Readonly<Record<string, string>>, body?: object) =>
  sendNova(setup.gateway.url, target, { 'x-api-key': key, ...headers }, body);

/** Rules for what the route itself requests. */
const rulesOf = (served: string) =>
  upstreamRow(served).flatMap((text) => {
    const [service = '', methods = '', path = ''] = text.split(' ');
    return methods.split(',').map((method) => ({ service, method, path: `${VERSIONS[service]}${path}` }));
  });

test('with the rules of a write alone, its precondition makes no further call to the cloud', async () => {
  const writes = setup.gateway.routes
    .filter(({ method, path }) => !['ALL', 'GET'].includes(method) && /^\/(cloud\/)?v1\//.test(path))
    .map(({ method, path }) => `${method} ${path}`);
  const further: string[] = [];
  let refused = 0;
  for (const served of new Set(writes)) {
    const rules = rulesOf(served);
    if (rules.length === 0) continue;
    const key = await keyWithRules(rules);
    const target = served
      .replace('/instances/:id', `/instances/${instanceId}`)
      .replace(':name', 'mine')
      .replaceAll(/:\w+/g, MISSING);
    for (const header of ['if-match', 'if-none-match']) {
      const { status } = await write(target, key, { [header]: 'W/"x"' });
      if (status === 403) refused++;
    }
    const patterns = upstreamPatterns(served);
    further.push(
      ...arrived
        .filter((call) => !patterns.some((one) => one.test(call)))
        .map((call) => `${served}: ${call}`),
    );
  }
  expect(further).toEqual([]);
  expect(refused).toBeGreaterThan(10);
});

test('a precondition takes the rules of the read whose tag it compares, and If-Match: * none', async () => {
  const target = 'DELETE /v1/keypairs/mine';
  const key = await keyWithRules([DELETES_PAIR]);
  const refused = await write(target, key, { 'if-match': 'W/"x"' });
  expect(refused.status).toBe(403);
  expect(refused.body.error.message).toContain('GET /v2.1/os-keypairs/mine');
  expect(arrived).toEqual([]);
  const reader = await keyWithRules([DELETES_PAIR, READS_PAIR]);
  expect((await write(target, reader, { 'if-match': 'W/"x"' })).status).toBe(412);
  expect(arrived).toEqual(['GET /compute/v2.1/os-keypairs/mine']);
  expect((await write(target, key, { 'if-match': '*' })).status).toBe(204);
});

test('the query of a write is none of the read', async () => {
  const listed = rulesOf('GET /v1/instances').filter(({ path }) => !/\/(flavors|images)/.test(path));
  const created = rulesOf('POST /v1/instances');
  const { status } = await write(
    'POST /v1/instances?flavor=m1.tiny',
    await keyWithRules([...created, ...listed]),
    { 'if-match': 'W/"x"' },
    { name: 'web-1', flavor_id: 'm1.tiny', image_id: 'debian-13' },
  );
  expect(status).toBe(412);
});
