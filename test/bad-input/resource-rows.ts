import { noName } from './instance-rows.ts';
import { type BadRequest, fieldRows, ID, LONE_SURROGATE, OTHER_ID } from './row.ts';

type Case = readonly [name: string, change: object, fields?: readonly string[]];

const NO_KEYPAIR_NAMES: readonly Case[] = [
  ...noName('name'),
  ...['a/b', 'a:b', 'ü', '.', '..', 'a?b', '../default'].map((name): Case => [`name: ${name}`, { name }]),
];

function noPublicKeys(field: string): Case[] {
  return [
    [`${field}: nothing`, { [field]: '' }],
    [`${field}: a number`, { [field]: 7 }],
    [`${field}: a list`, { [field]: ['ssh-ed25519 AAAA'] }],
    [`${field}: half a surrogate pair`, { [field]: LONE_SURROGATE }],
    [`${field}: 16,385 characters`, { [field]: 'a'.repeat(16_385) }],
  ];
}

const RULE: readonly Case[] = [
  ...['in', 'INGRESS', '', 7, null, ['ingress']].map(
    (direction): Case => [`direction ${JSON.stringify(direction)}`, { direction }],
  ),
  ...['nonsense', 'tcp ', '', '256', '-1', 6, ['tcp']].map(
    (protocol): Case => [`protocol ${JSON.stringify(protocol)}`, { protocol }, ['protocol']],
  ),
  ...[0, -1, 65_536, 1.5, 1e21, '80', '', '90-80', '0-10', '80-65536', 'ssh', '80-', '-80', '1-2-3'].map(
    (port): Case => [`port ${JSON.stringify(port)}`, { port }],
  ),
  ...['80 - 90', '0x50-0x51', true, {}, [80, 90]].map(
    (port): Case => [`port ${JSON.stringify(port)}`, { port }],
  ),
  ['port without a protocol', { protocol: undefined }, ['port']],
  ['an ICMP type above 255', { protocol: 'icmp', port: 256 }, ['port']],
  ['port with a protocol that has none', { protocol: 'esp' }, ['port']],
  ...[
    'anywhere',
    '',
    '203.0.113.0',
    '203.0.113.0/33',
    '203.0.113.0/-1',
    '300.0.0.0/8',
    '10.0.0/8',
    '2001:db8::',
    '2001:db8::/129',
    ' 10.0.0.0/8',
    '10.0.0.0/8\n',
    '10.0.0.0/8,11.0.0.0/8',
    7,
    ['10.0.0.0/8'],
  ].map((cidr): Case => [`cidr ${JSON.stringify(cidr)}`, { cidr }]),
  ['fields of Neutron', { port_range_min: 80, remote_ip_prefix: '10.0.0.0/8', remote_group_id: ID }],
  ...['default', '', ID.slice(1), `${ID}\n`, 7, [ID], { id: ID }].map(
    (source_group_id): Case => [`source_group_id ${JSON.stringify(source_group_id)}`, { source_group_id }],
  ),
  ['a network and a group', { cidr: '10.0.0.0/8', source_group_id: OTHER_ID }, ['source_group_id']],
  ['an address group', { source_address_group_id: OTHER_ID }],
  ...['ipv4', 'IPv5', '', 6, null, ['IPv6']].map(
    (ethertype): Case => [`ethertype ${JSON.stringify(ethertype)}`, { ethertype }],
  ),
  ['a network of the other family', { cidr: '10.0.0.0/8', ethertype: 'IPv6' }, ['ethertype']],
  ['a network of IPv6 in a rule of IPv4', { cidr: '::/0', ethertype: 'IPv4' }, ['ethertype']],
  ['a protocol of IPv6 over IPv4', { protocol: 'icmpv6', port: undefined, cidr: '10.0.0.0/8' }, ['protocol']],
  ['its number', { protocol: '58', port: undefined, ethertype: 'IPv4' }, ['protocol']],
  ['description: a number', { description: 7 }],
  ['description: null', { description: null }],
  ['description: 256 characters', { description: 'a'.repeat(256) }],
  ['description: half a surrogate pair', { description: LONE_SURROGATE }],
  ['an id', { id: ID }],
];

const NO_DESCRIPTIONS: readonly Case[] = [
  7,
  null,
  [],
  {},
  true,
  'a'.repeat(256),
  LONE_SURROGATE,
  'a\u{1F980}',
].map((description): Case => [`description ${JSON.stringify(description)}`.slice(0, 40), { description }]);

export const RESOURCE_ROWS: readonly BadRequest[] = [
  ...fieldRows('POST /v1/keypairs', { name: 'bad-input' }, [
    ...NO_KEYPAIR_NAMES,
    ...noPublicKeys('public_key'),
    ['the spelling of the older path', { publicKey: 'ssh-ed25519 AAAA' }],
    ...['rsa', 'SSH', 'X509', 'x509 ', '', 7, null, ['ssh'], {}].map(
      (type): Case => [`type ${JSON.stringify(type)}`, { type }, ['type']],
    ),
    ['the envelope of Nova', { name: undefined, keypair: { name: 'x' } }, ['keypair', 'name']],
  ]),
  ...fieldRows('POST /cloud/v1/compute/keypairs', { name: 'bad-input' }, [
    ...NO_KEYPAIR_NAMES.slice(0, 8),
    ...noPublicKeys('publicKey'),
    ['the spelling of the current path', { public_key: 'ssh-ed25519 AAAA' }],
    ['a type, of the current path', { type: 'x509' }],
  ]),
  ...fieldRows('POST /v1/security_groups', { name: 'bad-input' }, [
    ...noName('name'),
    ...NO_DESCRIPTIONS,
    ['rules at once', { rules: [] }],
    ['an unknown field', { stateful: false }],
  ]),
  ...fieldRows(`PATCH /v1/security_groups/${ID}`, { name: 'bad-input' }, [
    ...noName('name').slice(1),
    ...NO_DESCRIPTIONS,
    ['nothing', { name: undefined }, ['body']],
    ['an id', { id: ID }],
    ['rules', { rules: [] }],
    ['stateful, as Neutron has it', { stateful: false }],
    ['the envelope of Neutron', { name: undefined, security_group: {} }, ['body', 'security_group']],
  ]),
  ...fieldRows(`POST /v1/security_groups/${ID}/rules`, { protocol: 'tcp', port: 80 }, RULE),
  ...fieldRows('POST /v1/server_groups', { name: 'bad-input', policy: 'affinity' }, [
    ...noName('name'),
    ...[undefined, null, '', 7, 'spread', 'Affinity', 'affinity ', ['affinity']].map(
      (policy): Case => [`policy ${JSON.stringify(policy)}`, { policy }],
    ),
    ['policies, as Nova had it', { policies: ['affinity'] }],
    ['rules, as Nova has it', { rules: { max_server_per_host: 3 } }],
  ]),
];
