import { expect } from 'vitest';
import { IMAGE, OTHER_IMAGE } from '../conformance/target.ts';
import { ADMIN_TOKEN } from '../support/gateway.ts';
import { OPERATIONS } from './document.ts';
import type { FaultyGateways } from './faulty-gateways.ts';
import type { Recorder } from './recorder.ts';

/** Requests as `recorder` sends them, with these credentials. */
function client(recorder: Recorder, url: string, headers: Readonly<Record<string, string>>) {
  return async (method: string, path: string, body?: unknown) => {
    const { status, headers: received, text } = await recorder.send(url, { method, path, headers, body });
    const { etag } = received;
    // Unchanged, unless something happened in the meantime.
    if (method === 'GET' && etag !== undefined)
      await recorder.send(url, { method, path, headers: { ...headers, 'if-none-match': etag } });
    return { status, body: text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : null };
  };
}

/** A request of each operation that succeeds, and of each read whose response has not changed. */
export async function succeed(recorder: Recorder, gateways: FaultyGateways): Promise<void> {
  const { url } = gateways.well;
  const withKey = (key: string) => client(recorder, url, { 'x-api-key': key });
  const call = withKey(gateways.key);
  const admin = client(recorder, url, { authorization: `Bearer ${ADMIN_TOKEN}` });
  const reaches = (path: string, field: string, value: string) =>
    expect.poll(async () => (await call('GET', path)).body[field], { interval: 20 }).toBe(value);
  const available = (path: string) => reaches(path, 'status', 'available');

  for (const { method, path } of OPERATIONS) {
    if (method === 'GET' && !path.includes('{'))
      await (path.startsWith('/admin') ? admin : call)(method, path);
  }
  const { body: created } = await call('POST', '/v1/instances', {
    name: 'contract-1',
    flavor_id: 'm1.tiny',
    image_id: IMAGE,
    network_id: gateways.account.networkId,
    metadata: { isPublic: true, enableSSH: true },
  });
  const instance = `/v1/instances/${created.id}`;
  await reaches(instance, 'state', 'active');
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
    await reaches(instance, 'state', 'active');
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
  const { body: attached } = await call('POST', networks, { network_id: gateways.account.networkId });
  await call('GET', networks);
  await call('DELETE', `${networks}/${attached.port_id}`);
  await call('POST', '/cloud/v1/compute/instances/create', {
    name: 'contract-2',
    flavor: 'm1.tiny',
    image: IMAGE,
    network: gateways.account.networkId,
  });
  await call('POST', '/v1/keypairs', { name: 'contract' });
  await call('POST', '/cloud/v1/compute/keypairs', { name: 'contract-2' });
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

  const { userName, password, projectName, projectId } = gateways.account;
  const credentials = { username: userName, password, project_name: projectName };
  const { body: own } = await call('POST', '/v1/api_keys', { name: 'contract', credentials });
  const asOwn = withKey(own.key);
  await asOwn('GET', '/v1/api_keys');
  await asOwn('GET', `/v1/api_keys/${own.id}`);
  await asOwn('POST', `/v1/api_keys/${own.id}/rotate`, { overlap_seconds: 60 });
  await asOwn('DELETE', `/v1/api_keys/${own.id}`);
  const { body: issued } = await admin('POST', '/admin/v1/keys', { name: 'contract', project_id: projectId });
  await admin('GET', `/admin/v1/keys/${issued.id}`);
  await admin('PATCH', `/admin/v1/keys/${issued.id}`, { name: 'contract-2' });
  const operator = await admin('POST', '/admin/v1/keys', {
    name: 'contract',
    project_id: gateways.adminProjectId,
    scopes: ['admin'],
  });
  await withKey(operator.body.key)('GET', '/v1/hypervisors');
  await admin('POST', `/admin/v1/keys/${issued.id}/rotate`, {});
  await admin('GET', '/admin/v1/keys');
  await admin('GET', '/admin/v1/audit');
  await admin('DELETE', `/admin/v1/keys/${issued.id}`);
  const { body: volume } = await call('POST', '/v1/volumes', { name: 'contract', size_gb: 1 });
  const volumePath = `/v1/volumes/${volume.id}`;
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
  await reaches(volumePath, 'status', 'in-use');
  await call('DELETE', `${instance}/volumes/${volume.id}`);
  await available(volumePath);
  await expect.poll(async () => (await call('GET', snapshotPath)).status, { interval: 20 }).toBe(404);
  await call('DELETE', volumePath);
  await call('DELETE', instance);
}
