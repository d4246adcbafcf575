import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { sendNova } from '../support/nova-client.ts';
import { type RecordedGateway, recordedGateway } from './recorded-gateway.ts';

let running: RecordedGateway;
let url: string;
let reader: string;
beforeAll(async () => {
  running = await recordedGateway();
  url = running.gateway.url;
  reader = await running.keyOf(running.acme, 'application_credential', ['instances:read']);
  await sendNova(url, 'GET /compute/v2.1/servers', { 'x-auth-token': reader });
});
afterAll(() => running.close());

const get = (path: string) => sendNova(url, `GET ${path}`, { 'x-auth-token': reader });

describe('a read-only key', () => {
  test.each([
    'auto-allocated-topology',
    'auto_allocated_topology',
    'auto-allocated_topology',
    'auto%5fallocated%2Dtopology',
    'qos/auto-allocated-topology',
  ])('cannot create a topology by GET, in any spelling: %s', async (name) => {
    const before = running.arrived.length;
    for (const end of ['', '.json', '/', '?fields=dry-run']) {
      const response = await get(`/networking/v2.0/${name}/${running.acme.projectId}${end}`);
      expect(response.status, end).toBe(403);
      expect(JSON.stringify(response.body)).toContain('network:write');
    }
    expect(running.arrived.slice(before)).toEqual([]);
  });

  test.each([
    ['agents', 'agents'],
    ['agents.json', 'agents'],
    ['network-ip-availabilities', 'network_ip_availabilities'],
    ['network_ip_availabilities', 'network_ip_availabilities'],
    ['service_profiles', 'service_profiles'],
  ])('gets Neutron’s list for members: %s', async (path, name) => {
    const response = await get(`/networking/v2.0/${path}`);
    expect([response.status, response.body]).toEqual([200, { [name]: [] }]);
  });

  test('gets Neutron’s status for unknown collections', async () => {
    expect((await get('/networking/v2.0/segments')).status).toBe(404);
  });

  test('gets its own server groups with all_projects', async () => {
    const response = await get('/compute/v2.1/os-server-groups?all_projects=1');
    expect([response.status, response.body]).toEqual([200, { server_groups: [] }]);
  });
});
