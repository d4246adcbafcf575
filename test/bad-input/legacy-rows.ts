import { noName, noShortText } from './instance-rows.ts';
import { type BadRequest, fieldRows, ID } from './row.ts';

const TARGET = 'POST /cloud/v1/compute/instances/create';
const GOOD = { name: 'bad-input', image: ID, flavor: 'm1.tiny' };

const NO_FLAGS = [1, 0, 'yes', '', [], {}, 'shouldnotbetrue'];
const NO_GROUPS = [7, null, '', {}, { label: 'x' }, { value: 7 }, []];

export const LEGACY_ROWS: readonly BadRequest[] = [
  ...fieldRows(TARGET, GOOD, [
    ...noName('name'),
    ['image: missing', { image: undefined }],
    ['image: null', { image: null }],
    ...noShortText('image'),
    ...[undefined, null, '', -1, 1.5, true, [], { id: 1 }, 'a'.repeat(256), 'a\u0000'].map(
      (flavor) => [`flavor ${JSON.stringify(flavor)?.slice(0, 30)}`, { flavor }] as const,
    ),
    ['imageName: a number', { imageName: 7 }],
    ['imageName: a list', { imageName: [] }],
    ['securityGroups: a name', { securityGroups: 'default' }],
    ['securityGroups: 33', { securityGroups: Array.from({ length: 33 }, (_, n) => `g${n}`) }],
    ...NO_GROUPS.map(
      (group) =>
        [
          `securityGroups ${JSON.stringify(group)}`,
          { securityGroups: [ID, group] },
          ['securityGroups.1'],
        ] as const,
    ),
    [
      'securityGroups: an unknown field',
      { securityGroups: [{ value: 'a', id: 1 }] },
      ['securityGroups.0.id'],
    ],
    ...[7, [], true, 'a'.repeat(256), 'a\nb'].map(
      (key_name) => [`key_name ${JSON.stringify(key_name).slice(0, 30)}`, { key_name }] as const,
    ),
    ...[7, [], 'private', [ID], `${ID} `].map(
      (network) => [`network ${JSON.stringify(network)}`, { network }] as const,
    ),
    ...NO_FLAGS.map((flag) => [`is_public ${JSON.stringify(flag)}`, { is_public: flag }] as const),
    ...NO_FLAGS.map(
      (flag) =>
        [
          `enable_ssh ${JSON.stringify(flag)}`,
          { enable_ssh: flag, key_name: 'laptop' },
          ['enable_ssh'],
        ] as const,
    ),
    ['SSH without a key', { enable_ssh: true }, ['key_name']],
    ['SSH with an empty key', { enable_ssh: 'shouldbetrue', key_name: '' }, ['key_name']],
    ['user_data: a number', { user_data: 7 }],
    ['user_data: 49,152 characters', { user_data: '#'.repeat(49_152) }],
    ['a domain', { dname: 'example.org' }],
    ['a domain that is a number', { dname: 7 }],
    ['a volume', { volume: { name: 'v', size: 1 } }],
    ['an empty volume', { volume: '' }],
    ['fields of the current path', { image_id: ID, flavor_id: 'm1.tiny' }],
    ['an unknown field', { colour: 'blue' }],
  ]),
];
