/** @module What has to be so before a recorded request, and which recordings cannot be replayed. For tests. */

import type { Fields } from '../../../adapters/sandbox/http.ts';
import {
  act,
  actWithoutWaiting,
  as,
  associate,
  boot,
  both,
  globexWith,
  limitTo,
  metadata,
  noServers,
  ownCredential,
  type Preparation,
  remove,
  removeIt,
  resized,
  secondInterface,
  shelved,
  snapshot,
  stopped,
  toServer,
  webGroup,
  withRole,
} from './steps.ts';
import { first } from './world.ts';

/** By service and recording; the others need nothing but the furnished world. */
export const preparations: Record<string, Preparation> = {
  'keystone/app-credential-create': as('acmePassword', async (world, recording) => {
    const path = `/v3/users/${world.acme.userId}/application_credentials`;
    return { ...recording, request: { ...recording.request, path } };
  }),
  'keystone/error-401-app-credential-after-role-loss': both(ownCredential, withRole('DELETE')),
  'keystone/error-401-app-credential-of-disabled-user': both(ownCredential, async (world) => {
    const user = { enabled: false };
    await world.request('keystone', 'PATCH', `/v3/users/${world.acme.userId}`, { user }, world.tokens.admin);
  }),
  'keystone/error-401-wrong-password': async (world) => {
    world.acme = { ...world.acme, password: 'wrong' };
  },
  'keystone/error-401-wrong-secret': async (world) => {
    world.acme = { ...world.acme, applicationCredentialSecret: 'wrong' };
  },
  'keystone/error-404-validate-unknown-token': async (_world, recording) => {
    const headers = { ...recording.request.headers, 'X-Subject-Token': 'unknown' };
    return { ...recording, request: { ...recording.request, headers } };
  },
  'nova/action-add-security-group-by-name': act({ removeSecurityGroup: webGroup }),
  'nova/action-confirm-resize': resized,
  'nova/action-error-404-remove-security-group-not-there': act({ removeSecurityGroup: webGroup }),
  'nova/action-error-409-during-a-task': both(toServer, actWithoutWaiting({ 'os-stop': null })),
  'nova/action-error-409-pause-stopped': stopped,
  'nova/action-error-409-reboot-shelved': shelved,
  'nova/action-error-409-reboot-soft-stopped': stopped,
  'nova/action-error-409-resize-during-verify': act({ resize: { flavorRef: 'm1.medium' } }),
  'nova/action-error-409-stop-locked': act({ lock: null }),
  'nova/action-error-409-stop-stopped': stopped,
  'nova/action-error-409-while-deleting': both(toServer, stopped, async (world) => {
    await world.request('nova', 'DELETE', `/v2.1/servers/${world.serverId}`);
  }),
  'nova/action-resume': act({ suspend: null }),
  'nova/action-revert-resize': resized,
  'nova/action-start': stopped,
  'nova/action-unpause': act({ pause: null }),
  'nova/action-unrescue': act({ rescue: null }),
  'nova/action-unshelve': shelved,
  'nova/error-401-bad-token': as('invalid'),
  'nova/error-401-revoked-token': as('invalid'),
  'nova/error-403-keypair-quota': as('globex', async (world) => {
    const { keypair } = await world.request('nova', 'GET', '/v2.1/os-keypairs/rec-imported');
    const { public_key } = keypair as Fields;
    const key = { keypair: { name: 'second', public_key } };
    await world.request('nova', 'POST', '/v2.1/os-keypairs', key, world.tokens.globex);
  }),
  'nova/error-403-quota-cores-resize': globexWith('m1.large', 'm1.tiny', 'm1.tiny'),
  'nova/error-403-quota-cores': globexWith('m1.large', 'm1.tiny'),
  'nova/error-403-quota-instances': globexWith('m1.tiny', 'm1.tiny', 'm1.tiny'),
  'nova/error-403-quota-several': globexWith('m1.large', 'm1.tiny'),
  'nova/limits-nearly-full': globexWith('m1.large', 'm1.tiny'),
  'nova/error-404-server-delete-twice': removeIt('nova', '/v2.1/servers'),
  'nova/error-404-server-deleted': removeIt('nova', '/v2.1/servers'),
  'nova/error-404-server-group': removeIt('nova', '/v2.1/os-server-groups'),
  'nova/error-404-server-of-other-project': as('globex'),
  'nova/hypervisors-detail-as-admin-2.88': as('admin'),
  'nova/hypervisors-detail-as-admin': as('admin'),
  'nova/interface-detach': secondInterface,
  'nova/interface': secondInterface,
  'nova/keypair-delete-2.1': async (_world, recording) => {
    return { ...recording, request: { ...recording.request, path: '/v2.1/os-keypairs/rec-imported' } };
  },
  'nova/keypair-generate': remove('nova', () => '/v2.1/os-keypairs/rec-generated'),
  'nova/keypair-import': remove('nova', () => '/v2.1/os-keypairs/rec-imported'),
  'nova/metadata-item': metadata({ b: '3' }),
  'nova/metadata-item-delete': metadata({ c: '4' }),
  'nova/metadata-merge': metadata({ a: '1' }),
  'nova/server-create-fixed-ip': noServers,
  'nova/server-create-with-port': noServers,
  'nova/server-delete-while-deleting': both(toServer, async (world) => {
    await world.request('nova', 'DELETE', `/v2.1/servers/${world.serverId}`);
  }),
  'nova/server-detail-as-admin': as('admin'),
  'nova/server-detail-error-no-valid-host': async (world, recording) => {
    const { id } = await boot(world, { name: 'no-valid-host' });
    world.wait();
    return { ...recording, request: { ...recording.request, path: `/v2.1/servers/${id}` } };
  },
  'nova/server-detail-error': async (world) => {
    const path = `/v2.1/servers/${world.serverId}/action`;
    await world.request('nova', 'POST', path, { 'os-resetState': { state: 'error' } }, world.tokens.admin);
  },
  'nova/server-detail-locked': act({ lock: { locked_reason: 'rec' } }),
  'nova/server-detail-shelved-offloaded': shelved,
  'nova/server-detail-shutoff': stopped,
  'nova/server-detail-two-interfaces': both(toServer, async (world, recording) => {
    await secondInterface(world, recording);
  }),
  'nova/server-detail-verify-resize': resized,
  'nova/server-detail-while-building': async (world, recording) => {
    const { id } = await boot(world, {});
    return { ...recording, request: { ...recording.request, path: `/v2.1/servers/${id}` } };
  },
  'nova/server-detail-while-deleting': async (world) => {
    await world.request('nova', 'DELETE', `/v2.1/servers/${world.serverId}`);
  },
  'nova/server-detail-with-floating-ip': associate,
  'nova/server-instance-action': async (world, recording) => {
    const base = `/v2.1/servers/${world.serverId}/os-instance-actions`;
    const action = first(await world.request('nova', 'GET', base));
    return { ...recording, request: { ...recording.request, path: `${base}/${action.request_id}` } };
  },
  'nova/servers-created-together': async (world) => {
    await boot(world, { name: 'rec-multi', max_count: 2 });
  },
  'nova/servers-filter-all-tenants-as-admin': as('admin'),
  'nova/servers-marker-deleted': async (world, recording) => {
    await noServers(world, recording);
    const path = `/v2.1/servers?marker=${world.serverId}`;
    return { ...recording, request: { ...recording.request, path } };
  },
  'nova/servers-path-with-project': noServers,
  'neutron/error-401-bad-token': as('invalid'),
  'neutron/error-401-token-after-role-loss': withRole('DELETE'),
  'neutron/error-404-floatingip': removeIt('neutron', '/v2.0/floatingips'),
  'neutron/error-404-rule': removeIt('neutron', '/v2.0/security-group-rules'),
  'neutron/error-404-security-group': removeIt('neutron', '/v2.0/security-groups'),
  'neutron/error-409-floatingip-port-has-one': associate,
  'neutron/error-409-network-in-use': noServers,
  'neutron/error-409-quota-floatingips': limitTo({ floatingip: 1 }),
  'neutron/error-409-quota-security-groups': limitTo({ security_group: 3 }),
  'neutron/floatingip-associated': associate,
  'neutron/floatingip-disassociate': associate,
  'neutron/floatingips-of-port': associate,
  'neutron/networks-limit-1': async (_world, recording) => {
    // Which network comes first depends on their ids; the recorded one was the external one.
    const path = `${recording.request.path}&router:external=true`;
    return { ...recording, request: { ...recording.request, path } };
  },
  'neutron/port-delete': noServers,
  'neutron/rule-create': async (world) => {
    const rules = await world.request('neutron', 'GET', '/v2.0/security-group-rules?protocol=tcp');
    await world.request('neutron', 'DELETE', `/v2.0/security-group-rules/${first(rules).id}`);
  },
  'neutron/security-group-delete': noServers,
  'glance/error-401-bad-token': as('invalid'),
  'glance/image-delete': snapshot,
  'glance/image-snapshot': snapshot,
  ...Object.fromEntries(
    [
      'both-headers-disagree',
      'new-header-2.79',
      'new-header-latest',
      'none',
      'old-header-2.26',
      'old-header-latest',
      'other-service',
      'unknown-header-is-ignored',
    ].map((name) => [`nova/microversion-${name}`, noServers]),
  ),
};

/** Recordings of what the sandbox does not have. */
export const skipped: Record<string, string> = {
  'nova/action-create-image-boot-from-volume': 'no volumes',
  'nova/server-create-boot-from-volume': 'no volumes',
  'nova/server-detail-boot-from-volume-2.1': 'no volumes',
  'nova/server-detail-boot-from-volume-2.79': 'no volumes',
  'nova/server-volume-attachments': 'no volumes',
  'glance/image-snapshot-of-volume-server': 'no volumes',
  'nova/remote-console': 'no consoles',
};
