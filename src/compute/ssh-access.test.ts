import { describe, expect, test } from 'vitest';
import { allowsSsh } from './instance-view.ts';
import type { SecurityGroupRule } from './model.ts';

const SSH: SecurityGroupRule = {
  id: 'r',
  securityGroupId: 'g',
  direction: 'ingress',
  ethertype: 'IPv4',
  protocol: 'tcp',
  portMin: 22,
  portMax: 22,
  remotePrefix: '0.0.0.0/0',
  remoteGroupId: null,
  description: '',
};

describe('allowsSsh', () => {
  test.each<[string, Partial<SecurityGroupRule>, boolean]>([
    ['port 22 from anywhere', {}, true],
    ['from one network', { remotePrefix: '198.51.100.0/24' }, true],
    ['from any address', { remotePrefix: null }, true],
    ['a range around it', { portMin: 1, portMax: 1024 }, true],
    ['every port', { portMin: null, portMax: null }, true],
    ['every protocol', { protocol: null, portMin: null, portMax: null }, true],
    ['TCP by its number', { protocol: '6' }, true],
    ['IPv6', { ethertype: 'IPv6', remotePrefix: '::/0' }, true],
    ['not on the way out', { direction: 'egress' }, false],
    ['not from members of a group only', { remotePrefix: null, remoteGroupId: 'g' }, false],
    ['not UDP', { protocol: 'udp' }, false],
    ['not another port', { portMin: 23, portMax: 80 }, false],
    ['not a range below', { portMin: 1, portMax: 21 }, false],
  ])('%s', (_, change, allowed) => {
    expect(allowsSsh({ ...SSH, ...change })).toBe(allowed);
  });
});
