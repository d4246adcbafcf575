import { noName } from './instance-rows.ts';
import { type BadRequest, fieldRows, ID, LONE_SURROGATE, OTHER_ID } from './row.ts';

type Case = readonly [name: string, change: object, fields?: readonly string[]];

/** What no id is. */
const noIds = (field: string): Case[] =>
  ['', 'x', 7, true, [ID], { id: ID }, `${ID} `, `${ID}/..`, LONE_SURROGATE].map((value) => [
    `${field} ${JSON.stringify(value)}`,
    { [field]: value },
  ]);

const NO_DESCRIPTIONS: readonly Case[] = [
  ...[7, ['x'], {}, 'a'.repeat(256), LONE_SURROGATE, 'smile \u{1f600}'].map(
    (description): Case => [`description ${JSON.stringify(description).slice(0, 30)}`, { description }],
  ),
  ['the mark of the gateway', { description: 'linguanova key=0123456789abcdef' }],
];

export const NETWORK_ROWS: readonly BadRequest[] = [
  ...fieldRows('POST /v1/networks', { name: 'bad-input', cidr: '10.0.0.0/24' }, [
    ...noName('name'),
    ...[
      undefined,
      null,
      '',
      7,
      ['10.0.0.0/24'],
      '10.0.0.0',
      '10.0.0/24',
      '10.0.0.0/33',
      '10.0.0.0/31',
      '10.0.0.0/32',
      '10.0.0.0/7',
      '10.0.0.0/-1',
      '10.0.0.256/24',
      ' 10.0.0.0/24',
      '10.0.0.0/24\n',
      '010.0.0.0/24',
      '0.0.0.0/8',
      '127.0.0.0/24',
      '224.0.0.0/24',
      '240.0.0.0/24',
      '255.255.255.0/24',
      'fd00::/64',
      '10.0.0.0/24,10.0.1.0/24',
    ].map((cidr): Case => [`cidr ${JSON.stringify(cidr)}`, { cidr }]),
    ...['true', 1, null, {}].map((routed): Case => [`routed ${JSON.stringify(routed)}`, { routed }]),
    ['external', { external: true }],
    ['shared', { shared: true }],
    ['the fields of Neutron', { admin_state_up: true, 'provider:network_type': 'vlan' }],
    ['the envelope of Neutron', { network: { name: 'x' } }],
  ]),
  ...fieldRows('POST /v1/floating_ips', {}, [
    ...noIds('network_id'),
    ...noIds('instance_id'),
    ...noIds('port_id'),
    ...NO_DESCRIPTIONS,
    ['description: null', { description: null }],
    ['two targets', { instance_id: ID, port_id: OTHER_ID }, ['port_id']],
    ['an address of choice', { address: '203.0.113.7' }],
    ['the fields of Neutron', { floating_network_id: ID, fixed_ip_address: '10.0.0.7' }],
    ['the envelope of Neutron', { floatingip: { floating_network_id: ID } }],
  ]),
  ...fieldRows(`PATCH /v1/floating_ips/${ID}`, {}, [
    ...noIds('instance_id'),
    ...noIds('port_id'),
    ...NO_DESCRIPTIONS,
    ['two targets', { instance_id: ID, port_id: OTHER_ID }, ['port_id']],
    ['another network', { network_id: ID }, ['body', 'network_id']],
    ['another address', { address: '203.0.113.7' }, ['address', 'body']],
    ['nothing', {}, ['body']],
  ]),
  ...fieldRows(`POST /v1/instances/${ID}/networks`, { network_id: ID }, [
    ...noIds('network_id'),
    ['nothing', { network_id: undefined }],
    ['null', { network_id: null }],
    ...noIds('port_id').map(
      ([name, change]): Case => [name, { ...change, network_id: undefined }, ['port_id']],
    ),
    ['network and port', { port_id: OTHER_ID }],
    ['a port with an address', { network_id: undefined, port_id: ID, address: '10.0.0.7' }, ['address']],
    ...['', '10.0.0', '10.0.0.256', '10.0.0.7/24', '10.0.0.7 ', '0x0a.0.0.7', '::g', 7, ['10.0.0.7'], {}].map(
      (address): Case => [`address ${JSON.stringify(address)}`, { address }],
    ),
    ['the fields of Nova', { net_id: ID, fixed_ips: [] }],
    ['a tag', { tag: 'eth1' }],
  ]),
];
