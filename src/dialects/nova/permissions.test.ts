import { describe, expect, test } from 'vitest';
import type { Scope } from '../../scopes.ts';
import {
  isAction,
  isKeyPairs,
  scopeFor,
  scopeForAction,
  scopeForNewServer,
  serverOf,
} from './permissions.ts';
import { parseTarget } from './target.ts';

const PROJECT = '7033d20f6d8047bbb56e0184da9a13b5';

describe('the scope by method and path', () => {
  const ROWS: readonly (readonly [Scope, readonly string[]])[] = [
    [
      'instances:read',
      [
        'GET /compute/v2.1/servers/detail?all_tenants=False&deleted=False',
        'GET /compute/v2.1/servers/detail?all_tenants=0',
        'GET /compute/v2.1/os-security-groups?all_tenants=true',
        'HEAD /image/v2/images/x',
        'GET /compute/v2.1/os-keypairs',
        'GET /compute/v2.1/flavors/m1.tiny/os-extra_specs',
        'GET /compute/v2.1/os-availability-zone',
        'GET /compute/v2.1/os-simple-tenant-usage/x',
        'GET /compute/v2.1/os-quota-sets/x/detail',
        'GET /image/v2/images/x/file',
        'GET /networking/v2.0/quotas/x',
        'GET /networking/v2.0/floatingips',
        'GET /networking/v2.0/agents.json',
        'GET /networking/v2.0/network_ip_availabilities',
        'GET /networking/v2.0/service_profiles',
        'GET /networking/v2.0/segments',
        'GET /networking/v2.0/log/logs',
        'GET /networking/v2.0/qos/policies',
        'GET /networking/v2.0/networks/auto-allocated-topology',
        'GET /networking/v2.0/',
        'GET /compute/v2.1/os-server-groups?all_projects=1',
        'GET /compute/v2.1/os-keypairs?all_tenants=1',
        'GET /compute/v2.1/flavors/x/os-flavor-access',
        `GET /volume/v3/${PROJECT}/volumes/detail?all_tenants=1`,
        `GET /volume/v3/${PROJECT}/types`,
      ],
    ],
    [
      'instances:write',
      [
        'POST /compute/v2.1/servers',
        `POST /compute/v2.1/${PROJECT}/servers`,
        'DELETE /compute/v2.1/servers/x',
        'PUT /compute/v2.1/servers/x/metadata',
        'POST /compute/v2.1/servers/x/action',
        'POST /compute/v2.1/servers/x/os-interface',
        'POST /compute/v2.1/os-server-groups',
        'POST /compute/v2.1/os-volumes_boot',
        'POST /compute/v2.1/servers/os-volume_attachments/action',
      ],
    ],
    [
      'volumes:write',
      [
        `POST /volume/v3/${PROJECT}/volumes`,
        `POST /volume/v3/${PROJECT}/volumes/x/action`,
        `DELETE /volume/v3/${PROJECT}/snapshots/x.json`,
        `POST /volume/v3/${PROJECT}/volume-transfers/x/accept`,
        'POST /compute/v2.1/servers/x/os-volume_attachments',
        `DELETE /compute/v2.1/${PROJECT}/servers/x/os-volume%5Fattachments/y`,
        'POST /compute/v2.1/os-volumes',
        'DELETE /compute/v2.1/os-snapshots/x',
      ],
    ],
    [
      'images:write',
      [
        'POST /image/v2/images',
        'PUT /image/v2/images/x/file',
        'PATCH /image/v2/images/x',
        'POST /image/v2/images/x/members',
        'DELETE /compute/v2.1/images/x',
      ],
    ],
    ['keypairs:write', ['POST /compute/v2.1/os-keypairs', 'DELETE /compute/v2.1/os-keypairs/x']],
    [
      'network:write',
      [
        'POST /networking/v2.0/ports',
        'DELETE /networking/v2.0/security-groups/x',
        'PUT /networking/v2.0/floatingips/x',
        'GET /networking/v2.0/auto-allocated-topology/x',
        'GET /networking/v2.0/auto_allocated_topology/x?fields=dry-run',
        'GET /networking/v2.0/auto-allocated_topology/x',
        'GET /networking/v2.0/auto%5Fallocated%2dtopology/x',
        'HEAD /networking/v2.0/auto_allocated_topology/x.json',
        'GET /networking/v2.0/auto_allocated_topology.json',
        'GET /networking/v2.0/qos/auto-allocated-topology/x',
        'GET /networking/v2.0/no-collection-of-neutron',
        'POST /compute/v2.1/os-security-groups',
        'DELETE /compute/v2.1/os-floating-ips/x',
      ],
    ],
    [
      'admin',
      [
        'GET /compute/v2.1/os-hypervisors/detail',
        'GET /compute/v2.1/os-hyper%76isors',
        `GET /compute/v2.1/${PROJECT}/os-hypervisors`,
        'GET /compute/v2.1/os-services',
        'POST /compute/v2.1/os-server-external-events',
        'GET /compute/v2.1/servers/detail?all_tenants=1',
        'GET /compute/v2.1/servers/detail?all_tenants=0&all_tenants=True',
        'GET /compute/v2.1/servers/detail?all%5Ftenants=yes',
        'GET /compute/v2.1/servers?all_tenants',
        'GET /compute/v2.1/servers/x/migrations',
        'GET /compute/v2.1/servers/x/diagnostics',
        'POST /compute/v2.1/flavors',
        'POST /compute/v2.1/flavors/x/os-extra_specs',
        'PUT /compute/v2.1/os-quota-sets/x',
        'GET /compute/v2.1/os-availability-zone/detail',
        'PUT /networking/v2.0/quotas/x.json',
        'DELETE /networking/v2.0/agents/x',
        'PUT /networking/v2.0/service_profiles/x',
        'PUT /networking/v2.0/service-profiles/x',
        'POST /networking/v2.0/log/logs',
        'GET /compute/v2.1/servers/detail?limit=1;all_tenants=1',
        `GET /volume/v3/${PROJECT}/os-services.json`,
        'POST /image/v2/tasks',
        'POST /image/v2/metadefs/namespaces',
        `POST /volume/v3/${PROJECT}/types`,
      ],
    ],
  ];
  test.each(ROWS.flatMap(([scope, requests]) => requests.map((request) => [request, scope] as const)))(
    '%s: %s',
    (request, scope) => {
      const [method = '', target = ''] = request.split(' ');
      expect(scopeFor(method, parseTarget(target))).toBe(scope);
    },
  );
});

describe('actions', () => {
  test.each([
    [{ reboot: { type: 'SOFT' } }, null],
    [{ 'os-stop': null }, null],
    [{ createImage: { name: 'x' } }, null],
    [{ migrate: null }, 'admin'],
    [{ reboot: null, evacuate: {} }, 'admin'],
    [{ 'os-resetState': { state: 'error' } }, 'admin'],
    [{ 'os-force_delete': {} }, 'admin'],
    [{ 'os-extend': { new_size: 2 }, 'os-volume_upload_image': {} }, 'images:write'],
    [{ 'os-volume_upload_image': {}, 'os-reset_status': {} }, 'admin'],
  ])('%j', (body, scope) => {
    expect(scopeForAction(body)).toBe(scope);
  });

  test('os-volumes_boot is servers under another name', () => {
    const target = parseTarget(
      `/compute/v2.1/${PROJECT}/os-volumes_boot/${PROJECT}/os-volume_attachments?all_tenants=1`,
    );
    expect(serverOf(target)).toBe(PROJECT);
    expect(scopeFor('POST', target)).toBe('admin');
    expect(isAction('POST', parseTarget('/compute/v2.1/os-volumes_boot/x/action'))).toBe(true);
  });

  test.each([
    [{ server: { imageRef: 'x' } }, null],
    [{ server: { block_device_mapping_v2: [{ source_type: 'image', destination_type: 'local' }] } }, null],
    [{ server: { block_device_mapping_v2: [{ source_type: 'volume', uuid: 'x' }] } }, 'volumes:write'],
    [
      { server: { block_device_mapping_v2: [{ source_type: 'blank', destination_type: 'volume' }] } },
      'volumes:write',
    ],
    [{ server: { block_device_mapping: [{ volume_id: 'x' }] } }, 'volumes:write'],
    [{ server: { block_device_mapping_v2: {} } }, null],
    [{ server: null }, null],
  ])('of a new server: %j', (body, scope) => {
    expect(scopeForNewServer(body)).toBe(scope);
  });

  test('are recognized by their path', () => {
    const at = (target: string) => isAction('POST', parseTarget(target));
    expect(at('/compute/v2.1/servers/x/action')).toBe(true);
    expect(at(`/compute/v2.1/${PROJECT}/servers/x/acti%6Fn/`)).toBe(true);
    expect(at(`/volume/v3/${PROJECT}/volumes/x/action`)).toBe(true);
    expect(at(`/volume/v3/${PROJECT}/volumes/x/action.json`)).toBe(true);
    expect(at('/compute/v2.1/servers')).toBe(false);
  });
});

test('the server of a request', () => {
  const of = (target: string) => serverOf(parseTarget(target));
  expect(of('/compute/v2.1/servers/ABC/metadata/key')).toBe('abc');
  expect(of(`/compute/v2.1/${PROJECT}/servers/abc`)).toBe('abc');
  expect(of('/compute/v2.1/servers/detail')).toBeNull();
  expect(of('/compute/v2.1/servers')).toBeNull();
  expect(of('/networking/v2.0/servers/abc')).toBeNull();
});

test('key pair paths are recognized', () => {
  expect(isKeyPairs(parseTarget('/compute/v2.1/os-keypairs/x'))).toBe(true);
  expect(isKeyPairs(parseTarget(`/compute/v2.1/${PROJECT}/os-key%70airs`))).toBe(true);
  expect(isKeyPairs(parseTarget('/compute/v2.1/servers/os-keypairs'))).toBe(false);
});
