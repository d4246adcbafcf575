import { expect, vi } from 'vitest';
import { parseKey } from '../../src/access/key-format.ts';
import { IMAGE } from '../conformance/target.ts';
import { ADMIN_TOKEN } from '../support/gateway.ts';
import { ReduClient } from '../support/redu-client.ts';
import { type Operation, resolved } from './document.ts';
import type { FaultyGateways } from './faulty-gateways.ts';
import type { SentRequest } from './recorder.ts';

/** Makes a valid request of an operation, for resources that exist. */
export type ValidRequest = (operation: Operation) => Promise<SentRequest>;

/** Prepares a resource of each kind, by the path that ends in its parameter. */
export async function validRequests(gateways: FaultyGateways): Promise<ValidRequest> {
  const client = new ReduClient(gateways.well.url, gateways.key);
  const make = async (path: string, body: object): Promise<string> => {
    const { status, body: made } = await client.post(path, body);
    if (status >= 300) throw new Error(`POST ${path}: ${status} ${JSON.stringify(made)}`);
    return made.id;
  };
  const { userName, password, projectName, projectId, networkId } = gateways.account;
  const { body: instances } = await client.get('/v1/instances');
  const instance: string = instances[0].id;
  const volume = await make('/v1/volumes', { name: 'prepared', size_gb: 1 });
  const isAvailable = async () =>
    expect((await client.get(`/v1/volumes/${volume}`)).body.status).toBe('available');
  await vi.waitFor(isAvailable, { timeout: 20_000, interval: 20 });
  const group = await make('/v1/security_groups', { name: 'prepared' });
  await client.put(`/v1/instances/${instance}/security_groups/${group}`);
  const parameters: Readonly<Record<string, string>> = {
    '/v1/instances/{id}': instance,
    '/v1/instances/{id}/volumes/{volume_id}': volume,
    '/v1/instances/{id}/networks/{port_id}': (await client.get(`/v1/instances/${instance}/networks`)).body
      .items[0].port_id,
    '/v1/instances/{id}/security_groups/{group_id}': group,
    'PUT /v1/instances/{id}/security_groups/{group_id}': await make('/v1/security_groups', { name: 'apart' }),
    '/v1/flavors/{id}': 'm1.tiny',
    '/v1/images/{id}': await make('/v1/images', { name: 'prepared' }),
    '/v1/networks/{id}': await make('/v1/networks', { name: 'prepared', cidr: '10.95.0.0/24' }),
    '/v1/floating_ips/{id}': await make('/v1/floating_ips', {}),
    '/v1/keypairs/{name}': 'demo-key',
    '/v1/security_groups/{id}': group,
    '/v1/security_groups/{id}/rules/{rule_id}': await make(`/v1/security_groups/${group}/rules`, {
      protocol: 'tcp',
    }),
    '/v1/server_groups/{id}': await make('/v1/server_groups', { name: 'prepared', policy: 'affinity' }),
    '/v1/volumes/{id}': volume,
    '/v1/volume_snapshots/{id}': await make('/v1/volume_snapshots', { name: 'prepared', volume_id: volume }),
  };
  const bodies: Readonly<Record<string, object>> = {
    'POST /v1/instances': { name: 'contract', flavor_id: 'm1.tiny', image_id: IMAGE, network_id: networkId },
    'POST /cloud/v1/compute/instances/create': {
      name: 'contract',
      flavor: 'm1.tiny',
      image: IMAGE,
      network: networkId,
    },
    'POST /v1/instances/{id}/volumes': { volume_id: volume },
    'POST /v1/instances/{id}/networks': { network_id: networkId },
    'POST /v1/volume_snapshots': { name: 'contract', volume_id: volume },
    'PATCH /v1/instances/{id}': { name: 'changed' },
    'PATCH /v1/floating_ips/{id}': { instance_id: instance },
    'POST /cloud/v1/compute/keypairs': { name: 'contract-old' },
    'POST /v1/api_keys': {
      name: 'contract',
      credentials: { username: userName, password, project_name: projectName },
    },
    'POST /admin/v1/keys': { name: 'contract', project_id: projectId },
    'PATCH /admin/v1/keys/{id}': { name: 'changed' },
  };

  return async ({ method, path, operation }) => {
    // Some operations on keys end the one that they are sent with.
    const key = path.includes('keys/{id}') ? await gateways.newKey() : gateways.key;
    const url = path.replaceAll(/\{\w+\}/g, (parameter, offset: number) => {
      if (path.includes('keys/{id}')) return parseKey(key)?.id ?? '';
      const end = path.slice(0, offset + parameter.length);
      const found = parameters[`${method} ${end}`] ?? parameters[end];
      if (found === undefined) throw new Error(`nothing is prepared for ${parameter} of ${path}`);
      return found;
    });
    const required: { name: string; schema: { enum: string[] } }[] = (operation.parameters ?? [])
      .map(resolved)
      .filter((one: { in: string; required?: true }) => one.in === 'query' && one.required);
    const query = required.map(({ name, schema }) => `${name}=${schema.enum[0]}`).join('&');
    const content = operation.requestBody?.content ?? {};
    return {
      method,
      path: query === '' ? url : `${url}?${query}`,
      headers: path.startsWith('/admin') ? { authorization: `Bearer ${ADMIN_TOKEN}` } : { 'x-api-key': key },
      ...('application/json' in content && {
        body: bodies[`${method} ${path}`] ?? content['application/json'].example,
      }),
      ...('application/octet-stream' in content && { body: new Uint8Array(10) }),
    };
  };
}
