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
  description: '',
  created: '',
  ...change,
});

describe('the default network', () => {
  const own = network('own', { projectId: 'p' });
  const shared = network('shared', { shared: true });
  const provider = network('provider', { external: true, shared: true });
  const external = network('external', { external: true });
  test.each<[string, Network[], string]>([
    ['the project’s own before shared ones', [provider, shared, own], 'own'],
    ['a shared one before external ones', [external, provider, shared], 'shared'],
    ['an external one only if it is shared', [external, provider], 'provider'],
  ])('is %s', (_, networks, id) => {
    expect(resolveDefaultNetwork(networks, 'p')).toEqual({ kind: 'network', networkId: id });
  });

  test('is invalid with several candidates and with none', () => {
    expect(() => resolveDefaultNetwork([own, { ...own, id: 'own-2' }], 'p')).toThrow('several networks');
    expect(() => resolveDefaultNetwork([external], 'p')).toThrow('no network');
  });
});

describe('a security group given by name', () => {
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
  test('resolves to the project’s own before a shared one', () => {
    expect(securityGroupIds(groups, ['web', 'db', 'theirs'], 'p')).toEqual(['mine', 'else', 'theirs']);
  });
  test('is invalid when several of the project’s own have the name', () => {
    const twice = [...groups, group('mine-2', 'web', 'p')];
    expect(() => securityGroupIds(twice, ['web'], 'p')).toThrow('2 security groups are named "web"');
  });
});
