import { type BadRequest, fieldRows, ID, LONE_SURROGATE, OTHER_ID } from './row.ts';

const GOOD = { name: 'bad-input', flavor_id: 'm1.tiny', image_id: 'ubuntu-22.04-amd64' };

type Case = readonly [name: string, change: object, fields?: readonly string[]];

/** Not a text of 1 to 255 printable characters. */
export function noShortText(field: string): Case[] {
  return [
    [`${field}: a number`, { [field]: 7 }],
    [`${field}: an object`, { [field]: {} }],
    [`${field}: a list`, { [field]: ['a'] }],
    [`${field}: true`, { [field]: true }],
    [`${field}: nothing`, { [field]: '' }],
    [`${field}: 256 characters`, { [field]: 'a'.repeat(256) }],
    [`${field}: a null byte`, { [field]: 'a\u0000b' }],
    [`${field}: a line break`, { [field]: 'a\nb' }],
    [`${field}: an invisible character`, { [field]: 'a\u200bb' }],
    [`${field}: half a surrogate pair`, { [field]: LONE_SURROGATE }],
  ];
}

/** The same for the required name of a new resource. */
export function noName(field: string): Case[] {
  return [
    [`${field}: missing`, { [field]: undefined }],
    [`${field}: null`, { [field]: null }],
    ...noShortText(field),
    [`${field}: a blank`, { [field]: ' ' }],
    [`${field}: a space before`, { [field]: ' a' }],
    [`${field}: a space behind`, { [field]: 'a ' }],
  ];
}

/** Invalid metadata of an instance. */
const NO_METADATA: readonly Case[] = [
  ['metadata: a text', { metadata: 'a' }],
  ['metadata: a list', { metadata: [] }],
  ['metadata: a number', { metadata: { a: 7 } }, ['metadata.a']],
  ['metadata: true', { metadata: { a: true } }, ['metadata.a']],
  ['metadata: an object', { metadata: { a: {} } }, ['metadata.a']],
  ['metadata: a list in it', { metadata: { a: [] } }, ['metadata.a']],
  ['metadata: a value of 256 characters', { metadata: { a: 'a'.repeat(256) } }, ['metadata.a']],
  ['metadata: half a surrogate pair', { metadata: { a: LONE_SURROGATE } }, ['metadata.a']],
  ['metadata: an empty key', { metadata: { '': 'a' } }, ['metadata.']],
  ['metadata: a key with a slash', { metadata: { 'a/b': 'a' } }, ['metadata.a/b']],
  ['metadata: a key with an umlaut', { metadata: { ü: 'a' } }, ['metadata.ü']],
  ['metadata: a key with a null byte', { metadata: { 'a\u0000': 'a' } }, ['metadata.a\u0000']],
  ['metadata: two wrong items', { metadata: { a: 1, b: 2, c: 'x' } }, ['metadata.a', 'metadata.b']],
  ['metadata: 129 items', { metadata: items(129) }, ['metadata']],
  ['metadata: the address', { metadata: { floatingIp: '203.0.113.9' } }, ['metadata.floatingIp']],
  ['metadata: no address', { metadata: { floatingIp: null } }, ['metadata.floatingIp']],
  ...['isPublic', 'enableSSH'].flatMap((flag): Case[] =>
    [1, 'yes', '', [], {}, 'true '].map((value) => [
      `metadata: ${flag} ${JSON.stringify(value)}`,
      { metadata: { [flag]: value } },
      [`metadata.${flag}`],
    ]),
  ),
];

const NO_DESCRIPTION: readonly Case[] = [
  ...noShortText('description').filter(([name]) => name !== 'description: nothing'),
  ['description: the mark of the gateway', { description: 'linguanova request=0123' }],
];

const NO_TAGS: readonly Case[] = [
  ['tags: a text', { tags: 'web' }],
  ['tags: a number', { tags: 7 }],
  ['tags: an object', { tags: { web: true } }],
  ['tags: true', { tags: true }],
  ...(
    [
      ['a number', 7],
      ['null', null],
      ['a list', ['web']],
      ['an object', { name: 'web' }],
      ['nothing', ''],
      ['a blank', ' '],
      ['a space before', ' a'],
      ['a space behind', 'a '],
      ['a comma', 'a,b'],
      ['a slash', 'a/b'],
      ['61 characters', 'a'.repeat(61)],
      ['a null byte', 'a\u0000b'],
      ['a line break', 'a\nb'],
      ['an invisible character', 'a\u200bb'],
      ['half a surrogate pair', LONE_SURROGATE],
      ['an emoji', 'a😀'],
      ['the mark of the gateway', 'linguanova request=0123'],
    ] as const
  ).map(([name, tag]): Case => [`tags: ${name}`, { tags: ['first', tag] }, ['tags.1']]),
  ['tags: two wrong ones', { tags: ['a,b', 'ok', 'c/d'] }, ['tags.0', 'tags.2']],
  ['tags: 51', { tags: Array.from({ length: 51 }, (_, n) => `t${n}`) }],
  ['tags: in two cases', { tags: ['web', 'WEB'] }],
  ['tags: with and without an accent', { tags: ['cafe', 'café'] }],
  ['tags: an umlaut twice, composed differently', { tags: ['ü', 'u\u0308'] }],
];

const SET_TAGS: readonly Case[] = [
  ['tags: missing', { tags: undefined }],
  ['tags: null', { tags: null }],
  ...NO_TAGS,
  ['an unknown field', { colour: 'blue' }],
  ['a field of Nova', { tag: 'web' }],
  ['a field of the instance', { name: 'web' }],
];

const NEW_INSTANCE: readonly Case[] = [
  ...noName('name'),
  ...['flavor_id', 'image_id'].flatMap((field): Case[] => [
    [`${field}: missing`, { [field]: undefined }],
    [`${field}: null`, { [field]: null }],
    ...noShortText(field),
  ]),
  ...['keypair_name', 'availability_zone'].flatMap(noShortText),
  ...['network_id', 'server_group_id'].flatMap((field): Case[] => [
    [`${field}: a name`, { [field]: 'private' }],
    [`${field}: nothing`, { [field]: '' }],
    [`${field}: a number`, { [field]: 7 }],
    [`${field}: a list`, { [field]: [ID] }],
    [`${field}: braces`, { [field]: `{${ID}}` }],
    [`${field}: a line break behind`, { [field]: `${ID}\n` }],
  ]),
  ['networks: an id', { networks: ID }],
  ['networks: an object', { networks: { uuid: ID } }],
  ['networks: none', { networks: [] }],
  ['networks: 17', { networks: Array(17).fill(ID) }],
  ['networks: a word', { networks: 'all' }],
  ['networks: a word in capitals', { networks: 'AUTO' }],
  ['networks: a word in a list', { networks: ['none'] }, ['networks.0']],
  ['network_id and a word', { network_id: ID, networks: 'auto' }, ['network_id']],
  ...NO_DESCRIPTION,
  ['tags: the flags’ names are none', { tags: { isPublic: true } }],
  ...NO_TAGS,
  ...[7, null, 'private', {}, { uuid: ID, port: OTHER_ID }, []].map(
    (network): Case => [
      `networks: ${JSON.stringify(network)}`,
      { networks: [OTHER_ID, network] },
      ['networks.1'],
    ],
  ),
  ['networks: a name as uuid', { networks: [{ uuid: 'private' }] }, ['networks.0.uuid']],
  ['networks: a name as port', { networks: [{ port: 'web' }] }, ['networks.0.port']],
  ['network_id and networks', { network_id: ID, networks: [ID] }, ['network_id']],
  ['security_group_names: a name', { security_group_names: 'default' }],
  ['security_group_names: an object', { security_group_names: { name: 'default' } }],
  ['security_group_names: a number', { security_group_names: ['a', 7] }, ['security_group_names.1']],
  ['security_group_names: nothing', { security_group_names: [''] }, ['security_group_names.0']],
  ['security_group_names: as Nova', { security_group_names: [{ name: 'a' }] }, ['security_group_names.0']],
  ['security_group_names: one twice', { security_group_names: ['a', 'a'] }],
  ['security_group_names: 33', { security_group_names: Array.from({ length: 33 }, (_, n) => `g${n}`) }],
  ['user_data: a number', { user_data: 7 }],
  ['user_data: an object', { user_data: { '#cloud-config': true } }],
  ['user_data: a list of lines', { user_data: ['#!/bin/sh'] }],
  ['user_data: half a surrogate pair', { user_data: LONE_SURROGATE }],
  ['user_data: 49,152 characters', { user_data: '#'.repeat(49_152) }],
  ['user_data: 24,577 umlauts', { user_data: 'ü'.repeat(24_577) }],
  ['user_data: 65,536 characters of base64', { user_data: btoa('#'.repeat(49_152)) }],
  ...NO_METADATA,
  ['metadata: null for an item', { metadata: { a: null } }, ['metadata.a']],
  ['metadata: null for a flag', { metadata: { isPublic: null } }, ['metadata.isPublic']],
  ['metadata: no room for the flags', { metadata: items(127) }, ['metadata']],
  ['metadata: no room for the address', { metadata: { ...items(126), isPublic: true } }, ['metadata']],
  ['an unknown field', { colour: 'blue' }],
  ['a field in capitals', { Name: 'x' }],
  ['fields of Nova', { imageRef: ID, flavorRef: '1', key_name: 'x' }],
  ['fields of the response', { id: ID, status: 'ACTIVE' }],
  ['a count', { count: 3 }],
  [
    'everything combined',
    { name: '', flavor_id: 1, colour: 2, metadata: { a: 1 } },
    ['name', 'flavor_id', 'metadata.a', 'colour'],
  ],
];

const CHANGE: readonly Case[] = [
  ['nothing', { name: undefined }, ['body']],
  ...noName('name').slice(1),
  ...NO_DESCRIPTION,
  ['tags, which have their own path', { tags: ['web'] }],
  ...NO_METADATA,
  ['metadata: null', { metadata: null }],
  ['a field that cannot be changed', { flavor_id: 'm1.small' }],
  ['another field that cannot be changed', { status: 'ACTIVE' }],
  ['an unknown field', { colour: 'blue' }],
];

export const INSTANCE_ROWS: readonly BadRequest[] = [
  ...fieldRows('POST /v1/instances', GOOD, NEW_INSTANCE),
  ...fieldRows(`PATCH /v1/instances/${ID}`, { name: 'bad-input' }, CHANGE),
  ...fieldRows(`PUT /v1/instances/${ID}/tags`, { tags: ['bad-input'] }, SET_TAGS),
];

function items(count: number): Record<string, string> {
  return Object.fromEntries(Array.from({ length: count }, (_, n) => [`key-${n}`, 'value']));
}
