import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SCOPES } from '../../src/scopes.ts';
import { ADMIN_TOKEN } from '../support/gateway.ts';
import { type SandboxTarget, sandboxTarget } from '../support/sandbox-target.ts';
import { ID, OTHER_ID } from './row.ts';
import { send } from './send.ts';

/** Fixed, so that failures are reproducible; FUZZ_SEED overrides it. */
const SEED = Number(process.env.FUZZ_SEED ?? 20_260_212);
const RUNS = Number(process.env.FUZZ_RUNS ?? 150);
const SETTINGS = { seed: SEED, numRuns: RUNS, endOnFailure: true };

/** Routes with a body, and its fields: random values of real fields reach deeper than random names. */
const WRITES: Readonly<Record<string, readonly string[]>> = {
  'POST /v1/instances': [
    'name',
    'flavor_id',
    'image_id',
    'network_id',
    'networks',
    'keypair_name',
    'security_group_names',
    'user_data',
    'availability_zone',
    'server_group_id',
    'metadata',
  ],
  [`PATCH /v1/instances/${ID}`]: ['name', 'metadata'],
  [`POST /v1/instances/${ID}/actions`]: ['action', 'type', 'flavor_id', 'image_id', 'name', 'metadata'],
  'POST /v1/keypairs': ['name', 'public_key'],
  'POST /v1/security_groups': ['name', 'description'],
  [`PATCH /v1/security_groups/${ID}`]: ['name', 'description'],
  [`POST /v1/security_groups/${ID}/rules`]: [
    'direction',
    'protocol',
    'port',
    'cidr',
    'source_group_id',
    'ethertype',
  ],
  'POST /v1/server_groups': ['name', 'policy'],
  'POST /v1/volumes': ['name', 'size_gb', 'volume_type', 'availability_zone', 'image_id', 'snapshot_id'],
  [`POST /v1/volumes/${ID}/actions`]: ['action', 'size_gb'],
  'POST /v1/volume_snapshots': ['name', 'volume_id', 'description'],
  [`POST /v1/instances/${ID}/volumes`]: ['volume_id'],
  'POST /cloud/v1/compute/instances/create': [
    'name',
    'image',
    'flavor',
    'securityGroups',
    'key_name',
    'network',
    'is_public',
    'enable_ssh',
    'user_data',
  ],
  'POST /cloud/v1/compute/keypairs': ['name', 'publicKey'],
  'POST /admin/v1/keys': ['name', 'project_id', 'application_credential', 'scopes'],
};

const READS = [
  '/v1/me',
  '/v1/regions',
  '/v1/instances',
  `/v1/instances/${ID}`,
  '/v1/flavors',
  '/v1/images',
  '/v1/networks',
  '/v1/availability_zones',
  '/v1/floating_ips',
  '/v1/quotas',
  '/v1/hypervisors',
  '/v1/keypairs',
  '/v1/security_groups',
  '/v1/server_groups',
  '/v1/volumes',
  '/v1/volume_snapshots',
  '/cloud/v1/me',
  '/cloud/v1/compute/instances/list',
  '/cloud/v1/compute/keypairs',
  '/cloud/v1/network/security_groups/list',
];
const PARAMETERS = ['status', 'name', 'flavor', 'image', 'limit', 'marker', 'all_tenants', 'cursor'];

/** Plausible valid and invalid values, and arbitrary JSON. */
const PLAUSIBLE = fc.oneof(
  fc.constantFrom<unknown>(
    'web',
    'm1.tiny',
    'ubuntu-22.04-amd64',
    ID,
    OTHER_ID,
    'default',
    'tcp',
    'ingress',
    'affinity',
    '0.0.0.0/0',
    '::/0',
    '80-90',
    22,
    'start',
    'snapshot',
    'resize',
    { isPublic: 'maybe' },
    { a: 'b' },
    [ID],
    ['default'],
    null,
    true,
  ),
  fc.string({ unit: 'binary' }),
  fc.jsonValue(),
);

let target: SandboxTarget;
let key: string;
beforeAll(async () => {
  console.info(`fuzz: FUZZ_SEED=${SEED} FUZZ_RUNS=${RUNS}`);
  target = await sandboxTarget();
  key = (await target.acme.client(SCOPES)).key;
});
afterAll(() => target.close());

describe('random input never causes a 5xx of the gateway', () => {
  test.each(Object.entries(WRITES))('%s', { timeout: 60_000 }, async (route, fields) => {
    const [method = '', path = ''] = route.split(' ');
    const body = fc.oneof(
      {
        weight: 3,
        arbitrary: fc
          .record(Object.fromEntries(fields.map((field) => [field, PLAUSIBLE])), { requiredKeys: [] })
          .map((value) => JSON.stringify(value)),
      },
      { weight: 1, arbitrary: fc.json() },
      { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }) },
    );
    await fc.assert(
      fc.asyncProperty(body, (sent) => responses(method, path, sent)),
      SETTINGS,
    );
  });

  test.each(READS)('GET %s with any query', { timeout: 60_000 }, async (path) => {
    const parameter = fc.tuple(
      fc.oneof(fc.constantFrom(...PARAMETERS), fc.string()),
      fc.oneof(fc.string({ unit: 'binary' }), fc.constantFrom('ACTIVE', ID, '1', '[', '(a+)+$', '%')),
    );
    const query = fc.oneof(
      fc
        .array(parameter, { maxLength: 4 })
        .map((pairs) => pairs.map(([n, v]) => `${escaped(n)}=${escaped(v)}`).join('&')),
      // Visible ASCII, including malformed escapes.
      fc.stringMatching(/^[!-~]{0,60}$/),
    );
    await fc.assert(
      fc.asyncProperty(query, (text) => responses('GET', `${path}?${text}`, null)),
      SETTINGS,
    );
  });

  test('any path', { timeout: 60_000 }, async () => {
    const segment = fc.oneof(
      fc.constantFrom(
        'v1',
        'instances',
        'cloud',
        'keypairs',
        'security_groups',
        'rules',
        ID,
        '..',
        '%2e%2e',
        '%00',
        '',
      ),
      fc.stringMatching(/^[!-~]{0,20}$/),
    );
    const path = fc.array(segment, { maxLength: 6 }).map((segments) => `/${segments.join('/')}`);
    await fc.assert(
      fc.asyncProperty(fc.constantFrom('GET', 'POST', 'DELETE', 'PATCH'), path, (method, text) =>
        responses(method, text, null),
      ),
      { ...SETTINGS, numRuns: RUNS * 4 },
    );
  });
});

/** `send` rejects on time-out. */
async function responses(method: string, path: string, body: string | Uint8Array | null): Promise<void> {
  const { status, text } = await send(target.url, {
    method,
    path,
    headers: {
      ...(path.startsWith('/admin') ? { authorization: `Bearer ${ADMIN_TOKEN}` } : { 'x-api-key': key }),
      'content-type': 'application/json',
    },
    body,
    chunked: false,
  });
  expect(status, text).toBeLessThan(500);
  expect(target.gateway.logged.filter(({ event }) => event === 'request_failed')).toEqual([]);
}

/** A lone surrogate has no UTF-8 encoding, so a URL cannot contain one. */
function escaped(text: string): string {
  return encodeURIComponent(text.toWellFormed());
}
