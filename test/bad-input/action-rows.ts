import { noName, noShortText } from './instance-rows.ts';
import { type BadRequest, fieldRows, ID } from './row.ts';

const TARGET = `POST /v1/instances/${ID}/actions`;

const NO_ACTIONS = [
  undefined,
  null,
  '',
  7,
  true,
  ['start'],
  { name: 'start' },
  'Start',
  'start ',
  'os-start',
  'explode',
  'delete',
  'createImage',
  'confirmResize',
  '__proto__',
  'toString',
];

const PLAIN = ['start', 'stop', 'pause', 'unpause', 'suspend', 'resume', 'lock', 'unlock', 'shelve'];
const MORE_PLAIN = ['unshelve', 'rescue', 'unrescue', 'confirm_resize', 'revert_resize'];

export const ACTION_ROWS: readonly BadRequest[] = [
  ...fieldRows(
    TARGET,
    {},
    NO_ACTIONS.map((action) => [`action ${JSON.stringify(action)}`, { action }]),
  ),
  ...[...PLAIN, ...MORE_PLAIN].flatMap((action) =>
    fieldRows(TARGET, { action }, [[`${action} with what it does not take`, { type: 'hard' }]]),
  ),
  ...fieldRows(TARGET, { action: 'reboot' }, [
    ...['medium', '', 'cold', 7, true, null, ['hard'], {}].map(
      (type) => [`reboot type ${JSON.stringify(type)}`, { type }] as const,
    ),
    ['reboot with what it does not take', { flavor_id: 'm1.small' }],
    ['reboot as Nova has it', { reboot: { type: 'HARD' } }],
  ]),
  ...fieldRows(TARGET, { action: 'resize' }, [
    ['resize: to nothing', { flavor_id: undefined }],
    ['resize: to null', { flavor_id: null }],
    ...noShortText('flavor_id'),
    ['resize as Nova has it', { flavorRef: 'm1.small' }, ['flavor_id', 'flavorRef']],
  ]),
  ...fieldRows(TARGET, { action: 'rebuild' }, [
    ['rebuild: from nothing', { image_id: undefined }],
    ['rebuild: from null', { image_id: null }],
    ...noShortText('image_id'),
    ['rebuild with a name', { image_id: 'debian-12-amd64', name: 'x' }, ['name']],
  ]),
  ...fieldRows(TARGET, { action: 'snapshot', name: 'bad-input' }, [
    ...noName('name'),
    ['metadata: null', { metadata: null }],
    ['metadata: a text', { metadata: 'a' }],
    ['metadata: a number', { metadata: { a: 7 } }, ['metadata.a']],
    ['metadata: null for an item', { metadata: { a: null } }, ['metadata.a']],
    ['metadata: a key with a slash', { metadata: { 'a/b': 'a' } }, ['metadata.a/b']],
    ['metadata: a value of 256 characters', { metadata: { a: 'a'.repeat(256) } }, ['metadata.a']],
    ['snapshot with what it does not take', { image_id: ID }],
  ]),
];
