import { beforeEach, expect, test, vi } from 'vitest';
import { instance } from '../../test/support/fake-instances.ts';
import { silentLogger } from '../../test/support/silent-logger.ts';
import type { Cloud } from './cloud.ts';
import { ComputeError } from './errors.ts';
import { attachSecurityGroup, detachSecurityGroup } from './instance-groups.ts';
import type { Port, SecurityGroup } from './model.ts';

const ID = 'i1';
let ports: Record<string, string[]>;
let insecure: readonly string[];
let failing: string | null;
let locked: boolean;
beforeEach(() => {
  [ports, insecure, failing, locked] = [{ p1: ['default'], p2: ['default', 'g'] }, [], null, false];
});

const unlocked = vi.fn(async () => ({ region: '', userId: 'u', projectId: 'p', roles: ['member'] }));
function cloud(): Cloud {
  const methods: Partial<Cloud> = {
    log: silentLogger,
    detached: cloud,
    caller: unlocked,
    getInstance: async (id) => instance(id, { locked }),
    getSecurityGroup: async (id) => ({ id }) as SecurityGroup,
    listPorts: async () =>
      Object.entries(ports).map(([id, groups]) => {
        const port = { id, securityGroupIds: groups } as unknown as Port;
        return insecure.includes(id) ? { ...port, portSecurity: false } : port;
      }),
    addPortSecurityGroup: async (id, group) => {
      if (id === failing) throw new ComputeError('unavailable', 'Neutron is down.');
      if (ports[id]?.includes(group)) return false;
      ports[id]?.push(group);
      return true;
    },
    removePortSecurityGroup: async (id, group) => {
      ports[id] = (ports[id] ?? []).filter((one) => one !== group);
      return true;
    },
  };
  return methods as Cloud;
}

test('a group is attached to each port that lacks it, and detached from all', async () => {
  await attachSecurityGroup(cloud(), ID, 'g');
  expect(ports).toEqual({ p1: ['default', 'g'], p2: ['default', 'g'] });
  await detachSecurityGroup(cloud(), ID, 'g');
  expect(ports).toEqual({ p1: ['default'], p2: ['default'] });
  await expect(detachSecurityGroup(cloud(), ID, 'g')).rejects.toMatchObject({ code: 'not_found' });
});

test('when a port fails, the others lose the group again, but not one that had it before', async () => {
  ports = { ...ports, p3: [] };
  failing = 'p3';
  await expect(attachSecurityGroup(cloud(), ID, 'g')).rejects.toMatchObject({ code: 'unavailable' });
  expect(ports).toEqual({ p1: ['default'], p2: ['default', 'g'], p3: [] });
});

test('ports without port security are left out; without any other port it is a conflict', async () => {
  insecure = ['p1'];
  await attachSecurityGroup(cloud(), ID, 'h');
  expect(ports).toEqual({ p1: ['default'], p2: ['default', 'g', 'h'] });
  for (const none of [['p1', 'p2'], []]) {
    insecure = none;
    if (none.length === 0) ports = {};
    await expect(attachSecurityGroup(cloud(), ID, 'i')).rejects.toMatchObject({ code: 'conflict' });
  }
});

test('a locked instance is a conflict, except for an administrator', async () => {
  locked = true;
  await expect(attachSecurityGroup(cloud(), ID, 'g')).rejects.toMatchObject({ code: 'conflict' });
  await expect(detachSecurityGroup(cloud(), ID, 'g')).rejects.toMatchObject({ code: 'conflict' });
  unlocked.mockResolvedValueOnce({ region: '', userId: 'u', projectId: 'p', roles: ['admin'] });
  await attachSecurityGroup(cloud(), ID, 'g');
  expect(ports.p1).toContain('g');
});
