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
    ...['true', 1, null, 'yes', {}].map(
      (auto_confirm) =>
        [
          `resize: auto_confirm ${JSON.stringify(auto_confirm)}`,
          { flavor_id: 'm1.small', auto_confirm },
          ['auto_confirm'],
        ] as const,
    ),
    ['resize as Nova has it', { flavorRef: 'm1.small' }, ['flavor_id', 'flavorRef']],
  ]),
  ...fieldRows(TARGET, { action: 'rebuild' }, [
    ['rebuild: from nothing', { image_id: undefined }],
    ['rebuild: from null', { image_id: null }],
    ...noShortText('image_id'),
    ['rebuild with a name', { image_id: 'debian-12-amd64', name: 'x' }, ['name']],
  ]),
  ...fieldRows(TARGET, { action: 'rescue' }, [
    ['rescue: null', { image_id: null }],
    ...noShortText('image_id'),
    ['rescue with a password', { admin_password: 'x' }],
    ['rescue as Nova has it', { rescue_image_ref: ID }],
  ]),
  ...fieldRows(TARGET, { action: 'set_password', admin_password: 'good' }, [
    ['set_password: nothing', { admin_password: undefined }],
    ['set_password: null', { admin_password: null }],
    ...noShortText('admin_password'),
    ['set_password as Nova has it', { adminPass: 'x' }],
  ]),
  ...fieldRows(TARGET, { action: 'backup', name: 'bad-input', type: 'daily', rotation: 1 }, [
    ...noName('name'),
    ['backup: no type', { type: undefined }],
    ['backup: type null', { type: null }],
    ...noShortText('type'),
    ...[undefined, null, '', '1', 0, -1, 1.5, 1001, 1e21, true, [1], {}].map(
      (rotation) => [`backup: rotation ${JSON.stringify(rotation)}`, { rotation }] as const,
    ),
    ['backup with metadata', { metadata: {} }],
    ['backup as Nova has it', { backup_type: 'daily' }],
  ]),
  ...fieldRows(`POST /v1/instances/${ID}/console`, { type: 'novnc' }, [
    ...[
      null,
      '',
      'vnc',
      'xvpvnc',
      'NoVNC',
      'novnc ',
      'spice',
      'rdp',
      'mks',
      7,
      true,
      ['novnc'],
      {},
      '__proto__',
    ].map((type) => [`console type ${JSON.stringify(type)}`, { type }] as const),
    ['console with a protocol', { protocol: 'vnc' }],
    ['console as Nova has it', { remote_console: { protocol: 'vnc', type: 'novnc' } }],
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
    ...['bdm_v2', 'block_device_mapping', 'Mappings', 'kernel_id', 'cinder_encryption_key_id'].map(
      (key): [string, object, string[]] => [
        `snapshot with ${key}`,
        { metadata: { [key]: '1' } },
        [`metadata.${key}`],
      ],
    ),
  ]),
];
