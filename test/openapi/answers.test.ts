import { afterAll, beforeAll, expect, test } from 'vitest';
import { DEFAULT_SCOPES } from '../../src/scopes.ts';
import { IMAGE, OTHER_IMAGE } from '../conformance/target.ts';
import type { ReduClient } from '../support/redu-client.ts';
import { type SandboxTarget, sandboxTarget } from '../support/sandbox-target.ts';
import { OPERATIONS, operationOf, problemOfAnswer, resolved } from './document.ts';

let target: SandboxTarget;
beforeAll(async () => {
  target = await sandboxTarget();
});
afterAll(() => target.close());

/** A client that validates every response against the contract. */
function held(client: ReduClient, met: Set<string>, headers: Readonly<Record<string, string>> = {}) {
  return async (method: string, path: string, body?: unknown) => {
    const isBytes = body instanceof Uint8Array;
    const type = isBytes ? 'application/octet-stream' : 'application/json';
    const response = await fetch(client.url + path, {
      method,
      headers: {
        ...(Object.keys(headers).length > 0 ? headers : { 'x-api-key': client.key }),
        ...(body !== undefined && { 'content-type': type }),
      },
      ...(body !== undefined && { body: isBytes ? new Uint8Array(body) : JSON.stringify(body) }),
    });
    const text = path.endsWith('/events') ? await firstOf(response) : await response.text();
    const [plain = ''] = path.split('?');
    const { operation, ...route } = operationOf(method, plain);
    const name = `${method} ${path}: ${response.status} ${text}`;
    const described = resolved(operation.responses[response.status]);
    expect(described, name).toBeDefined();
    for (const header of Object.keys(described.headers ?? {}).filter((one) => !OPTIONAL.has(one))) {
      expect(response.headers.has(header), `${header} of ${name}`).toBe(true);
    }
    const [media, content] = Object.entries<{ schema: object }>(described.content ?? {})[0] ?? [];
    if (content === undefined || media === undefined) expect(text, name).toBe('');
    else {
      expect(response.headers.get('content-type'), name).toContain(media);
      const value = media === 'application/json' ? JSON.parse(text) : text;
      expect(problemOfAnswer(content.schema, value), name).toBeNull();
    }
    if (response.ok) met.add(`${route.method} ${route.path}`);
    return {
      status: response.status,
      body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : null,
    };
  };
}

/** The first chunk of an endless stream. */
async function firstOf(response: Response): Promise<string> {
  const reader = response.body?.getReader();
  const { value } = (await reader?.read()) ?? {};
  await reader?.cancel();
  return new TextDecoder().decode(value);
}

/** Headers that not every response has; rate limits are off here. */
const OPTIONAL = new Set(
  ['Link', 'Idempotency-Replayed', 'RateLimit-Policy', 'RateLimit'].concat(
    ['Limit', 'Remaining', 'Reset'].map((name) => `X-RateLimit-${name}`),
  ),
);

test('every response matches the contract', async () => {
  const met = new Set<string>();
  const client = await target.acme.client([...DEFAULT_SCOPES, 'admin']);
  const call = held(client, met);
  const admin = held(client, met, { authorization: `Bearer ${target.adminToken}` });

  for (const { method, path } of OPERATIONS) {
    if (method === 'GET' && !path.includes('{'))
      await (path.startsWith('/admin') ? admin : call)(method, path);
  }
  const { body: created } = await call('POST', '/v1/instances', {
    name: 'contract-1',
    flavor_id: 'm1.tiny',
    image_id: IMAGE,
    metadata: { isPublic: true, enableSSH: true },
  });
  const instance = `/v1/instances/${created.id}`;
  await client.until(created.id, ({ state }) => state === 'active');
  await call('GET', instance);
  await call('GET', '/v1/flavors/m1.tiny');
  await call('GET', '/v1/config?format=env');
  await call('GET', `${instance}/actions`);
  await call('GET', `${instance}/console_log?lines=1`);
  await call('POST', `${instance}/console`, {});
  await call('GET', '/v1/events');
  await call('GET', `${instance}/events`);
  await call('PATCH', instance, { metadata: { team: 'web' } });
  await call('PUT', `${instance}/tags`, { tags: ['web'] });
  for (const action of [
    { action: 'snapshot', name: 'contract-snapshot' },
    { action: 'rebuild', image_id: OTHER_IMAGE },
    { action: 'backup', name: 'contract-backup', type: 'daily', rotation: 1 },
    { action: 'set_password', admin_password: 'contract' },
  ]) {
    await call('POST', `${instance}/actions`, action);
    await client.until(created.id, ({ state }) => state === 'active');
  }
  for (const path of [
    '/v1/instances',
    '/v1/floating_ips',
    '/v1/security_groups',
    '/v1/images',
    '/cloud/v1/compute/instances/list',
  ]) {
    await call('GET', path);
  }
  const { body: image } = await call('POST', '/v1/images', { name: 'contract', tags: ['contract'] });
  await call('PUT', `/v1/images/${image.id}/file`, new Uint8Array(10));
  await call('GET', `/v1/images/${image.id}`);
  await call('PATCH', `/v1/images/${image.id}`, { name: 'contract-2' });
  await call('DELETE', `/v1/images/${image.id}`);
  const { body: floating } = await call('POST', '/v1/floating_ips', { description: 'contract' });
  await call('GET', `/v1/floating_ips/${floating.id}`);
  await call('PATCH', `/v1/floating_ips/${floating.id}`, { description: 'changed' });
  await call('DELETE', `/v1/floating_ips/${floating.id}`);
  const { body: network } = await call('POST', '/v1/networks', { name: 'contract', cidr: '10.94.0.0/24' });
  await call('GET', `/v1/networks/${network.id}`);
  await call('DELETE', `/v1/networks/${network.id}`);
  const networks = `${instance}/networks`;
  const { body: attached } = await call('POST', networks, { network_id: target.acme.networkId });
  await call('GET', networks);
  await call('DELETE', `${networks}/${attached.port_id}`);
  await call('POST', '/cloud/v1/compute/instances/create', {
    name: 'contract-2',
    flavor: 'm1.tiny',
    image: IMAGE,
  });
  await call('POST', '/v1/keypairs', { name: 'contract' });
  await call('POST', '/cloud/v1/compute/keypairs', { name: 'contract-old' });
  await call('GET', '/v1/keypairs');
  await call('GET', '/cloud/v1/compute/keypairs');
  await call('GET', '/v1/keypairs/contract');
  await call('DELETE', '/v1/keypairs/contract');
  const { body: group } = await call('POST', '/v1/security_groups', { name: 'contract' });
  const { body: rule } = await call('POST', `/v1/security_groups/${group.id}/rules`, {
    protocol: 'tcp',
    port: 443,
  });
  await call('GET', `/v1/security_groups/${group.id}`);
  await call('PATCH', `/v1/security_groups/${group.id}`, { name: 'contract-3' });
  await call('PUT', `${instance}/security_groups/${group.id}`);
  await call('DELETE', `${instance}/security_groups/${group.id}`);
  await call('GET', '/cloud/v1/network/security_groups/list');
  await call('DELETE', `/v1/security_groups/${group.id}/rules/${rule.id}`);
  await call('DELETE', `/v1/security_groups/${group.id}`);
  const { body: apart } = await call('POST', '/v1/server_groups', {
    name: 'contract',
    policy: 'anti-affinity',
  });
  await call('GET', '/v1/server_groups');
  await call('GET', `/v1/server_groups/${apart.id}`);
  await call('DELETE', `/v1/server_groups/${apart.id}`);

  const { userName, password, projectName, projectId } = target.acme;
  const credentials = { username: userName, password, project_name: projectName };
  const { body: own } = await call('POST', '/v1/api_keys', { name: 'contract', credentials });
  const asOwn = held(Object.assign(Object.create(client), { key: own.key }), met);
  await asOwn('GET', '/v1/api_keys');
  await asOwn('GET', `/v1/api_keys/${own.id}`);
  await asOwn('POST', `/v1/api_keys/${own.id}/rotate`, { overlap_seconds: 60 });
  await asOwn('DELETE', `/v1/api_keys/${own.id}`);
  const { body: issued } = await admin('POST', '/admin/v1/keys', { name: 'contract', project_id: projectId });
  await admin('GET', `/admin/v1/keys/${issued.id}`);
  await admin('PATCH', `/admin/v1/keys/${issued.id}`, { name: 'contract-2' });
  const operator = await admin('POST', '/admin/v1/keys', {
    name: 'contract',
    project_id: target.adminProjectId,
    scopes: ['admin'],
  });
  await held(Object.assign(Object.create(client), { key: operator.body.key }), met)('GET', '/v1/hypervisors');
  await admin('POST', `/admin/v1/keys/${issued.id}/rotate`, {});
  await admin('GET', '/admin/v1/keys');
  await admin('GET', '/admin/v1/audit');
  await admin('DELETE', `/admin/v1/keys/${issued.id}`);
  const { body: volume } = await call('POST', '/v1/volumes', { name: 'contract', size_gb: 1 });
  const volumePath = `/v1/volumes/${volume.id}`;
  const reaches = (path: string, status: string) =>
    expect.poll(async () => (await client.get(path)).body.status).toBe(status);
  const available = (path: string) => reaches(path, 'available');
  await call('GET', '/v1/volumes');
  await call('PATCH', volumePath, { description: 'contract' });
  await available(volumePath);
  await call('POST', `${volumePath}/actions`, { action: 'extend', size_gb: 2 });
  await available(volumePath);
  const { body: snapshot } = await call('POST', '/v1/volume_snapshots', {
    name: 'contract',
    volume_id: volume.id,
  });
  const snapshotPath = `/v1/volume_snapshots/${snapshot.id}`;
  await call('GET', '/v1/volume_snapshots');
  await call('GET', snapshotPath);
  await available(snapshotPath);
  await call('DELETE', snapshotPath);
  await call('POST', `${instance}/volumes`, { volume_id: volume.id });
  await call('GET', volumePath);
  await reaches(volumePath, 'in-use');
  await call('DELETE', `${instance}/volumes/${volume.id}`);
  await available(volumePath);
  await expect.poll(async () => (await client.get(snapshotPath)).status).toBe(404);
  await call('DELETE', volumePath);
  await call('DELETE', instance);

  // Error responses.
  const poor = held(await target.acme.client(['network:write']), met);
  await poor('GET', '/v1/instances');
  await held(Object.assign(Object.create(client), { key: 'ln_wrong' }), met)('GET', '/v1/me');
  await call('POST', '/v1/instances', { name: '' });
  await call('GET', '/v1/instances/8b6f4c21-1c7e-4c45-9e5a-1b6c7a9f2d11');
  await call('GET', '/v1/flavors?limit=x');

  expect([...met].toSorted()).toEqual(OPERATIONS.map(({ method, path }) => `${method} ${path}`).toSorted());
});
