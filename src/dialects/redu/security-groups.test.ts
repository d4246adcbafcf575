import { describe, expect, test, vi } from 'vitest';
import { ID, OTHER_ID, reduApp } from '../../../test/support/redu-app.ts';
import type { SecurityGroup, SecurityGroupRule } from '../../compute/model.ts';

const RULE: SecurityGroupRule = {
  id: OTHER_ID,
  securityGroupId: ID,
  direction: 'ingress',
  ethertype: 'IPv4',
  protocol: 'tcp',
  portMin: 22,
  portMax: 22,
  remotePrefix: '0.0.0.0/0',
  remoteGroupId: null,
  description: '',
};
const GROUP: SecurityGroup = {
  id: ID,
  name: 'web',
  description: 'for the web',
  projectId: 'p',
  stateful: true,
  shared: false,
  created: '2026-02-12T09:14:22Z',
  rules: [RULE],
};
const SHOWN_RULE = {
  id: OTHER_ID,
  direction: 'ingress',
  ethertype: 'IPv4',
  protocol: 'tcp',
  port: 22,
  cidr: '0.0.0.0/0',
  source_group_id: null,
  description: '',
};
const SHOWN = { id: ID, name: 'web', description: 'for the web', rules: [SHOWN_RULE] };

test('lists, makes, shows and deletes', async () => {
  const createSecurityGroup = vi.fn(async () => GROUP);
  const deleteSecurityGroup = vi.fn(async () => {});
  const { call } = reduApp({
    listSecurityGroups: async () => [GROUP],
    getSecurityGroup: async () => GROUP,
    createSecurityGroup,
    deleteSecurityGroup,
  });
  expect((await call('GET', '/v1/security_groups')).json).toEqual({ items: [SHOWN], next_cursor: null });
  expect((await call('GET', `/v1/security_groups/${ID}`)).json).toEqual(SHOWN);
  const made = await call('POST', '/v1/security_groups', { name: 'web' });
  expect([made.status, made.json]).toEqual([201, SHOWN]);
  expect(createSecurityGroup).toHaveBeenCalledWith('web', '');
  expect((await call('DELETE', `/v1/security_groups/${ID}`)).status).toBe(204);
  expect(deleteSecurityGroup).toHaveBeenCalledWith(ID);
  expect((await call('DELETE', '/v1/security_groups/default')).status).toBe(404);
});

test.each([
  [{ portMin: null, portMax: null }, null],
  [{ portMin: 80, portMax: 90 }, '80-90'],
  [{ portMin: 8, portMax: null, protocol: 'icmp' }, 8],
  [{ portMin: 8, portMax: 0, protocol: 'icmp' }, '8-0'],
  [{ portMin: 3, portMax: 3, protocol: 'icmp' }, '3-3'],
  [{ portMin: 0, portMax: 0, protocol: 'ipv6-icmp' }, '0-0'],
])('the ports %j are shown as %j', async (change, port) => {
  const rules = [{ ...RULE, ...change }];
  const { call } = reduApp({ getSecurityGroup: async () => ({ ...GROUP, rules }) });
  expect((await call('GET', `/v1/security_groups/${ID}`)).json.rules[0].port).toBe(port);
});

describe('rules', () => {
  const PATH = `/v1/security_groups/${ID}/rules`;
  const createSecurityGroupRule = vi.fn(async () => RULE);
  const { call, problems } = reduApp({ createSecurityGroupRule });

  test.each([
    [{}, {}],
    [
      { protocol: 'tcp', port: 443, cidr: '10.0.0.0/8' },
      { protocol: 'tcp', portMin: 443, portMax: 443, remotePrefix: '10.0.0.0/8' },
    ],
    [
      { direction: 'egress', protocol: 'udp', port: '80-90', cidr: '2001:db8::/32' },
      {
        direction: 'egress',
        ethertype: 'IPv6',
        protocol: 'udp',
        portMin: 80,
        portMax: 90,
        remotePrefix: '2001:db8::/32',
      },
    ],
    [{ protocol: 'icmp', port: null, cidr: null }, { protocol: 'icmp' }],
    [
      { protocol: 'icmp', port: 8 },
      { protocol: 'icmp', portMin: 8 },
    ],
    [
      { protocol: 'icmp', port: '3-4' },
      { protocol: 'icmp', portMin: 3, portMax: 4 },
    ],
    [
      { protocol: 'VRRP', description: 'x' },
      { protocol: 'vrrp', description: 'x' },
    ],
    [{ protocol: '47' }, { protocol: '47' }],
    [{ protocol: 'icmpv6' }, { protocol: 'icmpv6', ethertype: 'IPv6' }],
    [{ ethertype: 'IPv6' }, { ethertype: 'IPv6' }],
    [{ source_group_id: OTHER_ID.toUpperCase() }, { remoteGroupId: OTHER_ID }],
    [{ protocol: 'any' }, {}],
    [
      { protocol: 'sctp', port: 9 },
      { protocol: 'sctp', portMin: 9, portMax: 9 },
    ],
  ])('takes %j', async (body, expected) => {
    const { status, json } = await call('POST', PATH, body);
    expect([status, json]).toEqual([201, SHOWN_RULE]);
    expect(createSecurityGroupRule).toHaveBeenLastCalledWith(ID, {
      direction: 'ingress',
      ethertype: 'IPv4',
      protocol: null,
      portMin: null,
      portMax: null,
      remotePrefix: null,
      ...expected,
    });
  });

  test('shows a rule of a group or an address group as open to none other', async () => {
    const rules = [
      { ...RULE, remotePrefix: null, remoteGroupId: OTHER_ID },
      { ...RULE, remotePrefix: null, remoteAddressGroupId: OTHER_ID },
    ];
    const { call } = reduApp({ getSecurityGroup: async () => ({ ...GROUP, rules }) });
    expect((await call('GET', `/v1/security_groups/${ID}`)).json.rules).toEqual([
      { ...SHOWN_RULE, cidr: null, source_group_id: OTHER_ID },
      { ...SHOWN_RULE, cidr: null, source_address_group_id: OTHER_ID },
    ]);
  });

  test.each([0, 65_536, 1.5, -1, '80', '90-80', '0-80', '80-70000', '80 - 90', '', 'ssh', true])(
    'refuses the port %j',
    async (port) => {
      expect(await problems('POST', PATH, { protocol: 'tcp', port })).toEqual([
        'port: must be a port number from 1 to 65535, a range as text ("80-90"), or null for any',
      ]);
    },
  );

  test.each([
    '10.0.0.1',
    '10.0.0.0/33',
    '010.0.0.0/8',
    '10.0.0/8',
    '::/129',
    '::',
    'any',
    '',
    ' 10.0.0.0/8',
    10,
  ])('refuses the cidr %j', async (cidr) => {
    expect((await problems('POST', PATH, { cidr }))[0]).toMatch(/^cidr: must be an IPv4 or IPv6 network/);
  });

  test.each([
    [{ port: 80 }, 'port: needs a protocol with ports, such as tcp or udp'],
    [{ protocol: 'esp', port: 8 }, 'port: needs a protocol with ports, such as tcp or udp'],
    [
      { protocol: 'icmp', port: 256 },
      'port: must be an ICMP type from 0 to 255, type and code as text ("3-4"), or null for any',
    ],
    [
      { protocol: 'nonsense' },
      'protocol: must be tcp, udp, icmp, another IANA protocol name, a protocol number from 0 to 255, or null for any',
    ],
    [{ direction: 'in' }, 'direction: must be one of ingress, egress'],
    [
      { remote_group_id: ID },
      'remote_group_id: is unknown; allowed: direction, protocol, port, cidr, source_group_id, ethertype, description',
    ],
  ])('refuses %j', async (body, problem) => {
    expect(await problems('POST', PATH, body)).toEqual([problem]);
  });

  test('are deleted by both ids', async () => {
    const deleteSecurityGroupRule = vi.fn(async () => {});
    const { call } = reduApp({ deleteSecurityGroupRule });
    expect((await call('DELETE', `${PATH}/${OTHER_ID}`)).status).toBe(204);
    expect(deleteSecurityGroupRule).toHaveBeenCalledWith(ID, OTHER_ID);
    expect((await call('DELETE', `${PATH}/x`)).status).toBe(404);
  });

  test('need network:write', async () => {
    const { call } = reduApp({}, ['instances:read', 'instances:write']);
    expect((await call('POST', PATH, {})).json.error.message).toContain('network:write');
  });
});
