import { describe, expect, test, vi } from 'vitest';
import { ID, IMAGE_ID, INSTANCE, novaApp, URL_OF_GATEWAY } from '../../../../test/support/nova-app.ts';
import type { Cloud, InstanceAction } from '../../../compute/cloud.ts';
import { ComputeError } from '../../../compute/errors.ts';
import type { SecurityGroup } from '../../../compute/model.ts';
import { SCOPES } from '../../../scopes.ts';

const ACTION = `POST /compute/v2.1/servers/${ID}/action`;

function acting(adminPassword: string | null = null, differs: Partial<Cloud> = {}) {
  const act = vi.fn<Cloud['act']>(async () => ({ adminPassword }));
  const snapshot = vi.fn<Cloud['snapshot']>(async () => IMAGE_ID);
  const backup = vi.fn<Cloud['backup']>(async () => IMAGE_ID);
  const listFlavors = async () => [{ id: 'f1', name: 'large', vcpus: 1, ram: 1, disk: 1, isPublic: true }];
  const image = { id: IMAGE_ID, name: 'ubuntu' };
  const listImages = async () => [image] as unknown as Awaited<ReturnType<Cloud['listImages']>>;
  const getInstance = async () => INSTANCE;
  return {
    act,
    snapshot,
    backup,
    ...novaApp({ act, snapshot, backup, listFlavors, listImages, getInstance, ...differs }),
  };
}

test.each<[object, InstanceAction, number]>([
  [{ 'os-start': null }, { action: 'start' }, 202],
  [{ 'os-stop': {} }, { action: 'stop' }, 202],
  [{ reboot: { type: 'HARD' } }, { action: 'reboot', hard: true }, 202],
  [{ reboot: { type: 'soft' } }, { action: 'reboot', hard: false }, 202],
  [{ resize: { flavorRef: 'f1' } }, { action: 'resize', flavorId: 'f1' }, 202],
  [{ resize: { flavorRef: 'f1', 'OS-DCF:diskConfig': 'MANUAL' } }, { action: 'resize', flavorId: 'f1' }, 202],
  [{ confirmResize: null }, { action: 'confirm_resize' }, 204],
  [{ revertResize: null }, { action: 'revert_resize' }, 202],
  [{ pause: null }, { action: 'pause' }, 202],
  [{ unpause: null }, { action: 'unpause' }, 202],
  [{ suspend: null }, { action: 'suspend' }, 202],
  [{ resume: null }, { action: 'resume' }, 202],
  [{ lock: null }, { action: 'lock' }, 202],
  [{ unlock: null }, { action: 'unlock' }, 202],
  [{ shelve: null }, { action: 'shelve' }, 202],
  [{ unshelve: null }, { action: 'unshelve' }, 202],
  [{ unrescue: null }, { action: 'unrescue' }, 202],
  [{ changePassword: { adminPass: 'x' } }, { action: 'set_password', adminPassword: 'x' }, 202],
  [{ rescue: null }, { action: 'rescue', imageId: null }, 200],
  [{ rescue: { rescue_image_ref: IMAGE_ID } }, { action: 'rescue', imageId: IMAGE_ID }, 200],
])('%j reaches the cloud', async (body, action, status) => {
  const { call, act, changes } = acting();
  expect((await call(ACTION, body)).status).toBe(status);
  expect(act).toHaveBeenCalledWith(ID, action);
  expect(changes).toHaveLength(1);
});

test('rescue and rebuild return the password that the cloud has set', async () => {
  const { call } = acting('secret');
  expect(await call(ACTION, { rescue: null })).toMatchObject({ status: 200, json: { adminPass: 'secret' } });
  const rebuilt = await call(ACTION, { rebuild: { imageRef: IMAGE_ID } });
  expect(rebuilt).toMatchObject({ status: 202, json: { server: { id: ID, adminPass: 'secret' } } });
});

test('rebuild returns the password also when the instance cannot be read afterwards', async () => {
  let isRebuilt = false;
  const { call } = acting('secret', {
    act: async () => {
      isRebuilt = true;
      return { adminPassword: 'secret' };
    },
    getInstance: async () => {
      if (isRebuilt) throw new ComputeError('unavailable', 'The cloud did not respond.');
      return INSTANCE;
    },
  });
  const rebuilt = await call(ACTION, { rebuild: { imageRef: IMAGE_ID } });
  expect(rebuilt).toMatchObject({ status: 202, json: { server: { id: ID, adminPass: 'secret' } } });
});

test('createImage returns the address of the image', async () => {
  const { call, snapshot } = acting();
  const { status, headers } = await call(ACTION, { createImage: { name: 'backup', metadata: { a: 'b' } } });
  expect([status, headers.get('location')]).toEqual([202, `${URL_OF_GATEWAY}/image/v2/images/${IMAGE_ID}`]);
  expect(snapshot).toHaveBeenCalledWith(ID, 'backup', { a: 'b' });
});

test('createBackup returns the address of the image', async () => {
  const { call, backup } = acting();
  const given = { name: 'b1', backup_type: 'daily', rotation: '7' };
  const { status, headers } = await call(ACTION, { createBackup: given });
  expect([status, headers.get('location')]).toEqual([202, `${URL_OF_GATEWAY}/image/v2/images/${IMAGE_ID}`]);
  expect(backup).toHaveBeenCalledWith(ID, { name: 'b1', type: 'daily', rotation: 7 });
});

test.each([
  [{ addFixedIp: { networkId: 'x' } }, 'addFixedIp'],
  [{ createBackup: { name: 'b', backup_type: 'd', rotation: 1, metadata: { a: 'b' } } }, 'metadata'],
  [{ rebuild: { imageRef: IMAGE_ID, adminPass: 'x' } }, 'adminPass'],
  [{ rescue: { adminPass: 'x' } }, 'rescue with adminPass'],
  [{ lock: { locked_reason: 'x' } }, 'lock with locked_reason'],
  [{ unshelve: { availability_zone: 'x' } }, 'unshelve with availability_zone'],
  [{ resize: { flavorRef: 'f1', 'OS-DCF:diskConfig': 'AUTO' } }, 'diskConfig'],
])('an unsupported action or member is 501 by name: %j', async (body, name) => {
  const { call, act } = acting();
  const { status, json } = await call(ACTION, body);
  expect([status, json.notImplemented.message]).toEqual([501, expect.stringContaining(name)]);
  expect(act).not.toHaveBeenCalled();
});

test.each<object>([
  {},
  { dance: null },
  { constructor: null },
  { 'os-start': null, 'os-stop': null },
  { reboot: null },
  { reboot: { type: 'GENTLE' } },
  { resize: {} },
  { resize: { flavorRef: 'f1', 'OS-DCF:diskConfig': 'other' } },
  { resize: { flavorRef: 'none' } },
  { rebuild: { imageRef: 'ubuntu' } },
  { createImage: { name: '' } },
  { createBackup: { name: 'b', backup_type: 'daily' } },
  { createBackup: { name: 'b', backup_type: 'daily', rotation: 'seven' } },
  { changePassword: {} },
  { changePassword: { adminPass: 7 } },
  { rescue: { rescue_image_ref: 'ubuntu' } },
  { 'os-getConsoleOutput': { length: 'x' } },
  { 'os-getVNCConsole': { type: 'serial' } },
])('a malformed action is 400: %j', async (body) => {
  const { call, act } = acting();
  expect((await call(ACTION, body)).status).toBe(400);
  expect(act).not.toHaveBeenCalled();
});

test('an administrator’s action needs the scope admin, even where it is unsupported', async () => {
  const { call } = acting();
  expect((await call(ACTION, { 'os-resetState': {} })).status).toBe(403);
  const admin = novaApp({ getInstance: async () => INSTANCE }, SCOPES);
  expect((await admin.call(ACTION, { 'os-resetState': {} })).status).toBe(501);
});

describe('security groups of a server', () => {
  const own = securityGroup('9f5e8d14-1c7e-4c45-9e5a-1b6c7a9f2d01', 'web', INSTANCE.projectId);
  const shared = securityGroup('9f5e8d14-1c7e-4c45-9e5a-1b6c7a9f2d02', 'web', 'other');
  const twice = [3, 4].map((n) => securityGroup(`9f5e8d14-1c7e-4c45-9e5a-1b6c7a9f2d0${n}`, 'twice', 'other'));
  const attach = vi.fn(async () => {});
  const detach = vi.fn(async () => {});
  const { call } = novaApp({
    getInstance: async () => ({ ...INSTANCE, securityGroupNames: ['twice'] }),
    listSecurityGroups: async () => [shared, own, ...twice],
    instanceSecurityGroups: { attach, detach },
  });

  test.each([
    ['web', own.id],
    [shared.id, shared.id],
  ])('%s is attached and detached', async (name, id) => {
    expect((await call(ACTION, { addSecurityGroup: { name } })).status).toBe(202);
    expect(attach).toHaveBeenLastCalledWith(ID, id);
    expect((await call(ACTION, { removeSecurityGroup: { name } })).status).toBe(202);
    expect(detach).toHaveBeenLastCalledWith(ID, id);
  });

  test.each([
    [{ name: 'none' }, 404],
    [{ name: 'twice' }, 409],
    [{}, 400],
    [{ name: '' }, 400],
    [{ name: 7 }, 400],
    [null, 400],
  ])('%j is refused', async (argument, status) => {
    expect((await call(ACTION, { addSecurityGroup: argument })).status).toBe(status);
  });

  test('Nova’s view shows a rule of a group as open to no address', async () => {
    const { json } = await call('GET /compute/v2.1/os-security-groups');
    expect(json.security_groups[1].rules).toEqual([
      {
        id: 'r1',
        parent_group_id: own.id,
        ip_protocol: null,
        from_port: null,
        to_port: null,
        group: { name: 'web', tenant_id: INSTANCE.projectId },
        ip_range: {},
      },
      expect.objectContaining({ id: 'r2', group: {}, ip_range: { cidr: '0.0.0.0/0' } }),
      expect.objectContaining({ id: 'r3', group: {}, ip_range: {} }),
    ]);
    const one = await call(`GET /compute/v2.1/os-security-groups/${own.id}`);
    expect(one.json.security_group).toEqual(json.security_groups[1]);
    const attached = await call(`GET /compute/v2.1/servers/${ID}/os-security-groups`);
    expect(attached.json.security_groups.map(({ id }: { id: string }) => id)).toEqual(
      twice.map(({ id }) => id),
    );
  });
});

function securityGroup(id: string, name: string, projectId: string): SecurityGroup {
  const rule = {
    securityGroupId: id,
    direction: 'ingress',
    ethertype: 'IPv4',
    protocol: null,
    portMin: null,
    portMax: null,
    remotePrefix: null,
    remoteGroupId: null,
    description: '',
  } as const;
  const rules = [
    { ...rule, id: 'r1', remoteGroupId: id },
    { ...rule, id: 'r2' },
    { ...rule, id: 'r3', remoteAddressGroupId: 'a1' },
  ];
  return { id, name, description: '', projectId, stateful: true, shared: false, created: '', rules };
}
