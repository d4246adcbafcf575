import { describe, expect, test } from 'vitest';
import { resolveDefaultNetwork, securityGroupIds } from './lookups.ts';
import type { Network, SecurityGroup } from './model.ts';

const network = (id: string, change: Partial<Network>): Network => ({
  id,
  name: id,
  status: 'ACTIVE',
  external: false,
  shared: false,
  isDefault: false,
  projectId: 'others',
  subnetIds: [],
  ...change,
});

describe('the network of an instance that names none', () => {
  const own = network('own', { projectId: 'p' });
  const shared = network('shared', { shared: true });
  const provider = network('provider', { external: true, shared: true });
  const external = network('external', { external: true });
  test.each<[string, Network[], string]>([
    ['its own before those of others', [provider, shared, own], 'own'],
    ['the one that is shared with it', [external, provider, shared], 'shared'],
    ['an external one that is shared with it', [external, provider], 'provider'],
  ])('is %s', (_, networks, id) => {
    expect(resolveDefaultNetwork(networks, 'p')).toEqual({ kind: 'network', networkId: id });
  });

  test('is asked for when there are several, and when no network takes instances', () => {
    expect(() => resolveDefaultNetwork([own, { ...own, id: 'own-2' }], 'p')).toThrow('several networks');
    expect(() => resolveDefaultNetwork([external], 'p')).toThrow('no network');
  });
});

describe('a security group that is named', () => {
  const group = (id: string, name: string, projectId: string): SecurityGroup => ({
    id,
    name,
    description: '',
    projectId,
    stateful: true,
    shared: projectId !== 'p',
    created: '',
    rules: [],
  });
  const groups = [group('theirs', 'web', 'q'), group('mine', 'web', 'p'), group('else', 'db', 'q')];
  test('is the project’s own before one that others share', () => {
    expect(securityGroupIds(groups, ['web', 'db', 'theirs'], 'p')).toEqual(['mine', 'else', 'theirs']);
  });
  test('by several of its own is refused', () => {
    const twice = [...groups, group('mine-2', 'web', 'p')];
    expect(() => securityGroupIds(twice, ['web'], 'p')).toThrow('2 security groups are named "web"');
  });
});
