import { parseKey } from '../../src/access/key-format.ts';
import { ADMIN_TOKEN } from '../support/gateway.ts';
import { OPERATIONS, type Operation, resolved } from './document.ts';
import {
  conflicting,
  failing,
  forbiddenCredentials,
  fullImageStore,
  refusedSignIn,
  silent,
  strangeSignIn,
  unreachable,
} from './faults.ts';
import type { Fault } from './faulty-gateways.ts';
import { succeed } from './successes.ts';
import { DEADLINE_MS, unchanged, type World, withHeaders } from './world.ts';

/** Requests that make documented responses occur. */
export type Provocation = readonly [what: string, provoke: (world: World) => Promise<void>];

const withCredentials = OPERATIONS.filter(({ path }) => /^\/(v1|cloud|admin)\//.test(path));
const withKey = withCredentials.filter(({ path }) => !path.startsWith('/admin'));
const ofAdmin = withCredentials.filter(({ path }) => path.startsWith('/admin'));
const ofKeys = withKey.filter(({ path }) => path.startsWith('/v1/api_keys'));
const withBody = OPERATIONS.filter(({ operation }) => operation.requestBody !== undefined);
const withQuery = OPERATIONS.filter(({ operation }) =>
  operation.parameters?.some((one: { in?: string }) => one.in === 'query'),
);
const withCsv = OPERATIONS.filter(({ operation }) => 'text/csv' in (operation.responses[200]?.content ?? {}));
const repeatable = OPERATIONS.filter(({ operation }) =>
  operation.parameters?.map(resolved).some((one: { name: string }) => one.name === 'Idempotency-Key'),
);
const writes = OPERATIONS.filter(({ method }) => method !== 'GET');
const withParameters = OPERATIONS.filter(({ path }) => path.includes('{'));

function named(...names: string[]): Operation[] {
  return names.map((name) => {
    const found = OPERATIONS.find(({ method, path }) => `${method} ${path}` === name);
    if (found === undefined) throw new Error(`the contract has no ${name}`);
    return found;
  });
}

const UNKNOWN_ID = '00000000-0000-4000-8000-000000000000';
const ABOVE_MIB = 'x'.repeat(1_100_000);
const ABOVE_HEAD = 'x'.repeat(20_480);

/** What all operations may meet, or all of a kind. */
const GENERAL: readonly Provocation[] = [
  ['valid requests', ({ recorder, gateways }) => succeed(recorder, gateways)],
  ['an invalid Host', (world) => world.send(OPERATIONS, withHeaders({ host: 'not a host' }))],
  [
    'an unknown parameter',
    (world) =>
      world.send(withQuery, ({ path }) => ({ path: `${path}${path.includes('?') ? '&' : '?'}zzz=1` })),
  ],
  ['an unknown field', (world) => world.send(withBody, () => ({ body: { zzz: 1 } }))],
  ['headers of 20 KiB', (world) => world.send(OPERATIONS, withHeaders({ 'x-padding': ABOVE_HEAD }))],
  ['no credentials', (world) => world.send(withCredentials, () => ({ headers: {} }))],
  [
    'a key without scopes',
    async (world) => {
      const scoped = withKey.filter((one) => !ofKeys.includes(one));
      await world.send(scoped, withHeaders({ 'x-api-key': await world.gateways.newKey([]) }));
    },
  ],
  ['a credential that the cloud rejects', (world) => world.sendToFaulty(refusedSignIn)],
  ['sign-ins that the cloud forbids', (world) => world.sendToFaulty(strangeSignIn(403))],
  ['sign-ins that the cloud does not implement', (world) => world.sendToFaulty(strangeSignIn(501))],
  [
    'unknown ids',
    (world) =>
      world.send(withParameters, (_, { path }) => ({ path: path.replaceAll(/\{\w+\}/g, UNKNOWN_ID) })),
  ],
  ['If-Match with another tag', (world) => world.send(writes, withHeaders({ 'if-match': '"another"' }))],
  ['a body above 1 MiB', (world) => world.send(withBody, () => ({ body: { name: ABOVE_MIB } }))],
  ['a body of another type', (world) => world.send(withBody, withHeaders({ 'content-type': 'text/plain' }))],
  ['a cloud that answers calls but reads with 409', (world) => world.sendToFaulty(conflicting)],
  ['a plan without points left', sendWithoutPoints],
  [
    'an address with too many failures',
    async (world) => {
      const wrong = withHeaders({ authorization: 'Bearer wrong', 'x-forwarded-for': '192.0.2.1' });
      // The first ones are 401.
      for (let round = 0; round < 6; round++) await world.send(ofAdmin, wrong);
    },
  ],
  [
    'a defect of the gateway',
    async (world) => world.send(OPERATIONS, unchanged, await world.gateways.startDefective()),
  ],
  [
    'a region without services',
    async (world) => world.send(OPERATIONS, unchanged, await world.gateways.startInEmptyRegion()),
  ],
  ['a cloud that fails', (world) => world.sendToFaulty(failing)],
  ['a cloud that cannot be reached', (world) => world.sendToFaulty(unreachable)],
  ['a cloud that is silent for longer than the deadline', (world) => world.sendToFaulty(silent())],
  [
    'a database that cannot be reached',
    async (world) => world.send(OPERATIONS, unchanged, await world.gateways.startWithoutDatabase()),
  ],
];

/** What few operations may meet. */
const PARTICULAR: readonly Provocation[] = [
  [
    'a database of another version',
    async (world) => world.send(named('GET /readyz'), unchanged, await world.gateways.startWithOtherSchema()),
  ],
  ['Accept: text/csv', (world) => world.send(withCsv, withHeaders({ accept: 'text/csv' }))],
  [
    'lists of more than a page',
    async (world) => {
      const lists = named('GET /v1/instances', 'GET /cloud/v1/compute/instances/list');
      await world.send(lists, ({ path }) => ({ path: `${path}?limit=1` }));
    },
  ],
  ['requests with an Idempotency-Key that are sent again', sendTwice],
  [
    'a sign-up with wrong credentials',
    (world) => {
      const credentials = { username: 'unknown', password: 'wrong', project_name: 'none' };
      return world.send(named('POST /v1/api_keys'), () => ({ body: { name: 'contract', credentials } }));
    },
  ],
  [
    'a sign-up of a user who may have no application credentials',
    (world) => world.sendToFaulty(forbiddenCredentials, named('POST /v1/api_keys')),
  ],
  [
    'a sign-up at a cloud that speaks redu',
    async (world) =>
      world.send(named('POST /v1/api_keys'), unchanged, await world.gateways.startInFrontOfRedu()),
  ],
  [
    'a key bound to origins',
    async (world) => {
      const origin = 'https://shop.example.org';
      const key = await changedKey(world, { scopes: ['instances:read'], allowed_origins: [origin] });
      await world.send(ofKeys, withHeaders({ 'x-api-key': key, origin }));
    },
  ],
  [
    'a tool whose service the cloud lacks',
    (world) => world.send(named('GET /v1/config'), () => ({ path: '/v1/config?format=rclone' })),
  ],
  [
    'a key bound to a region that is gone',
    async (world) => {
      const key = await changedKey(world, { regions: ['RegionThree'] });
      await world.send(named('GET /v1/config'), withHeaders({ 'x-api-key': key }));
    },
  ],
  [
    'a body that names an unknown instance or volume',
    async (world) => {
      await world.send(named('POST /v1/floating_ips'), () => ({ body: { instance_id: UNKNOWN_ID } }));
      const body = { name: 'contract', volume_id: UNKNOWN_ID };
      await world.send(named('POST /v1/volume_snapshots'), () => ({ body }));
    },
  ],
  [
    'an image above the quota',
    (world) => world.sendToFaulty(fullImageStore, named('PUT /v1/images/{id}/file')),
  ],
  ['a key that was rotated or revoked', changeEndedKeys],
  ['keys at a cloud that fails', (world) => sendOfKeys(world, failing)],
  ['keys at a cloud that cannot be reached', (world) => sendOfKeys(world, unreachable)],
  ['keys at a cloud that is silent for longer than the deadline', (world) => sendOfKeys(world, silent())],
];

export const PROVOCATIONS: readonly Provocation[] = [...GENERAL, ...PARTICULAR];

async function sendTwice({ recorder, gateways, valid }: World): Promise<void> {
  for (const operation of repeatable) {
    const request = await valid(operation);
    const headers = { ...request.headers, 'idempotency-key': crypto.randomUUID() };
    await recorder.send(gateways.well.url, { ...request, headers });
    await recorder.send(gateways.well.url, { ...request, headers });
  }
}

async function sendWithoutPoints(world: World): Promise<void> {
  const { recorder, gateways } = world;
  const plan = { name: 'default', points: 1, projectPoints: 1, seconds: 60 };
  const gateway = await gateways.start(() => null, { limits: { mode: 'enforce', plans: [plan] } });
  const headers = { 'x-api-key': gateways.key };
  await recorder.send(gateway.url, { method: 'GET', path: '/v1/me', headers });
  await world.send(withKey, unchanged, gateway);
}

const asAdmin = { authorization: `Bearer ${ADMIN_TOKEN}` };

async function changedKey({ recorder, gateways }: World, body: object): Promise<string> {
  const key = await gateways.newKey();
  const path = `/admin/v1/keys/${parseKey(key)?.id}`;
  await recorder.send(gateways.well.url, { method: 'PATCH', path, headers: asAdmin, body });
  return key;
}

async function changeEndedKeys({ recorder, gateways }: World): Promise<void> {
  const { url } = gateways.well;
  const key = await gateways.newKey();
  const id = parseKey(key)?.id;
  const rotation = { method: 'POST', path: `/v1/api_keys/${id}/rotate`, body: { overlap_seconds: 60 } };
  for (let round = 0; round < 2; round++)
    await recorder.send(url, { ...rotation, headers: { 'x-api-key': key } });
  const { applicationCredentialId, applicationCredentialSecret } = gateways.account;
  const application_credential = { id: applicationCredentialId, secret: applicationCredentialSecret };
  const path = `/admin/v1/keys/${id}`;
  await recorder.send(url, { method: 'DELETE', path, headers: asAdmin });
  await recorder.send(url, { method: 'PATCH', path, headers: asAdmin, body: { name: 'changed' } });
  const body = { application_credential };
  await recorder.send(url, { method: 'POST', path: `${path}/rotate`, headers: asAdmin, body });
}

/** Operations on keys that call the cloud only in some cases. */
async function sendOfKeys({ recorder, gateways }: World, fault: Fault): Promise<void> {
  const { url } = gateways.well;
  const faulty = await gateways.start(fault, { deadline: DEADLINE_MS });
  const sibling = parseKey(await gateways.newKey(['instances:read']))?.id;

  // The cloud confirms the credential that the operator gives once more.
  const { applicationCredentialId, applicationCredentialSecret } = gateways.account;
  const application_credential = { id: applicationCredentialId, secret: applicationCredentialSecret };
  await recorder.send(faulty.url, {
    method: 'POST',
    path: `/admin/v1/keys/${sibling}/rotate`,
    headers: asAdmin,
    body: { application_credential },
  });

  // The cloud knows the roles of keys that the operator has issued.
  const { userName, password, projectName } = gateways.account;
  const credentials = { username: userName, password, project_name: projectName };
  const signUp = { name: 'contract', credentials };
  const { text } = await recorder.send(url, { method: 'POST', path: '/v1/api_keys', body: signUp });
  const headers = { 'x-api-key': JSON.parse(text).key };
  await recorder.send(faulty.url, { method: 'DELETE', path: `/v1/api_keys/${sibling}`, headers });

  // Before a stored response is sent again, the cloud confirms the rights of its reader.
  const key = await gateways.newKey();
  const rotation = {
    method: 'POST',
    path: `/v1/api_keys/${parseKey(key)?.id}/rotate`,
    headers: { 'x-api-key': key, 'idempotency-key': 'once' },
    body: { overlap_seconds: 60 },
  };
  await recorder.send(url, rotation);
  await recorder.send(faulty.url, rotation);
}
