import { noName, noShortText } from './instance-rows.ts';
import { type BadRequest, fieldRows, ID, jsonRow, LONE_SURROGATE, lacking } from './row.ts';

type Case = readonly [name: string, change: object, fields?: readonly string[]];

export function noSize(field: string): Case[] {
  return [undefined, null, 0, -1, 1.5, 2_147_483_648, 1e21, '', '20', '20GB', true, [20], { gb: 20 }].map(
    (size) => [`${field} ${JSON.stringify(size)}`, { [field]: size }],
  );
}

export function noId(field: string): Case[] {
  return [
    '',
    'data',
    7,
    true,
    [ID],
    { id: ID },
    ID.replaceAll('-', ''),
    `{${ID}}`,
    `urn:uuid:${ID}`,
    ` ${ID}`,
    `${ID}\n`,
    `${ID}0`,
    ID.slice(1),
    ID.replace('8', 'g'),
    `${ID},${ID}`,
    `../${ID}`,
    LONE_SURROGATE,
  ].map((id) => [`${field} ${JSON.stringify(id)}`, { [field]: id }]);
}

function noDescription(field = 'description'): Case[] {
  return [7, true, [], {}, 'a'.repeat(256), LONE_SURROGATE, '💥'].map((text) => [
    `${field} ${JSON.stringify(text).slice(0, 20)}`,
    { [field]: text },
  ]);
}

const UNKNOWN: readonly Case[] = [
  ['an unknown field', { colour: 'blue' }],
  ['a field in capitals', { Name: 'x' }],
  ['an id', { id: ID }],
  ['a status', { status: 'available' }],
];

const GIVEN = { image_id: undefined, volume_id: ID };

/** The root volume of a new instance. */
const BOOT: readonly Case[] = [
  ...noSize('size_gb').map(
    ([name, size]): Case => [`boot_volume: ${name}`, { boot_volume: size }, ['boot_volume.size_gb']],
  ),
  ...[20, '20', true, [{ size_gb: 20 }]].map(
    (boot_volume): Case => [`boot_volume ${JSON.stringify(boot_volume)}`, { boot_volume }],
  ),
  ['boot_volume: unknown', { boot_volume: { size_gb: 20, image_id: ID } }, ['boot_volume.image_id']],
  ...noShortText('volume_type').map(
    ([name, type]): Case => [
      `boot_volume: ${name}`,
      { boot_volume: { size_gb: 1, ...type } },
      ['boot_volume.volume_type'],
    ],
  ),
  ...['true', 1, null].map(
    (delete_with_instance): Case => [
      `boot_volume: delete_with_instance ${JSON.stringify(delete_with_instance)}`,
      { boot_volume: { size_gb: 1, delete_with_instance } },
      ['boot_volume.delete_with_instance'],
    ],
  ),
  ...noId('volume_id')
    .slice(1)
    .map(([name, id]): Case => [name, { image_id: undefined, ...id }, ['volume_id']]),
  ['volume_id and image_id', { volume_id: ID }, ['image_id']],
  ['volume_id and boot_volume', { ...GIVEN, boot_volume: { size_gb: 1 } }, ['boot_volume']],
  ['boot_volume without image_id', { image_id: undefined, boot_volume: { size_gb: 1 } }, ['image_id']],
  ['delete_with_instance without volume_id', { delete_with_instance: true }],
  ['delete_with_instance: a text', { ...GIVEN, delete_with_instance: 'true' }, ['delete_with_instance']],
  ['block devices of Nova', { block_device_mapping_v2: [] }],
];

export const VOLUME_ROWS: readonly BadRequest[] = [
  ...fieldRows('POST /v1/instances', { name: 'bad-input', flavor_id: 'm1.tiny', image_id: 'debian' }, BOOT),
  ...fieldRows('POST /v1/volumes', { name: 'bad-input', size_gb: 1 }, [
    ...noName('name'),
    ...noSize('size_gb'),
    ...noDescription(),
    ...['volume_type', 'availability_zone', 'image_id'].flatMap(noShortText),
    ...noId('snapshot_id'),
    ...UNKNOWN,
    ['image and snapshot', { image_id: 'debian', snapshot_id: ID }, ['snapshot_id']],
    ['another volume as the source', { source_volid: ID }],
    ['fields of Cinder', { size: 1, imageRef: ID }],
    [
      'the envelope of Cinder',
      { name: undefined, size_gb: undefined, volume: {} },
      ['name', 'size_gb', 'volume'],
    ],
  ]),
  ...fieldRows(`PATCH /v1/volumes/${ID}`, { name: 'bad-input' }, [
    ['nothing', { name: undefined }, ['body']],
    ...noName('name').slice(1),
    ...noDescription(),
    ['description: null', { description: null }],
    ...UNKNOWN,
    ['a size', { size_gb: 2 }],
    ['bootable', { bootable: true }],
    ['metadata', { metadata: { a: 'b' } }],
    ['another type', { volume_type: 'fast' }],
  ]),
  ...fieldRows(`POST /v1/volumes/${ID}/actions`, { action: 'extend', size_gb: 2 }, [
    ...[
      undefined,
      null,
      '',
      7,
      true,
      [],
      {},
      'Extend',
      'extend ',
      'os-extend',
      'resize',
      'delete',
      'attach',
    ].map((action): Case => [`action ${JSON.stringify(action)}`, { action }]),
    ...noSize('size_gb'),
    ...UNKNOWN,
    [
      'the body of Cinder',
      { action: undefined, size_gb: undefined, 'os-extend': {} },
      ['action', 'size_gb', 'os-extend'],
    ],
  ]),
  ...fieldRows('POST /v1/volume_snapshots', { name: 'bad-input', volume_id: ID }, [
    ...noName('name'),
    ['volume_id: missing', { volume_id: undefined }],
    ['volume_id: null', { volume_id: null }],
    ...noId('volume_id'),
    ...noDescription(),
    ...UNKNOWN,
    ['force, as Cinder has it', { force: true }],
  ]),
  ...fieldRows(`POST /v1/instances/${ID}/volumes`, { volume_id: ID }, [
    ['volume_id: missing', { volume_id: undefined }],
    ['volume_id: null', { volume_id: null }],
    ...noId('volume_id'),
    ...UNKNOWN,
    ['a device, which the cloud chooses', { device: '/dev/vdb' }],
    ['deletion with the instance', { delete_with_instance: true }],
    ['a tag', { tag: 'data' }],
    ['the field of Nova', { volumeId: ID }],
    [
      'the envelope of Nova',
      { volume_id: undefined, volumeAttachment: {} },
      ['volume_id', 'volumeAttachment'],
    ],
    ['several volumes', { volume_id: undefined, volume_ids: [ID] }, ['volume_id', 'volume_ids']],
    ['an attachment', { attachment_id: ID }],
  ]),
  ...[{ image_id: 'debian', boot_volume: { size_gb: 1 } }, { volume_id: ID }].map((boot) =>
    jsonRow(
      `a volume without the scope volumes:write: ${Object.keys(boot).at(-1)}`,
      'POST /v1/instances',
      { name: 'x', flavor_id: 'm1.tiny', ...boot },
      lacking('volumes:write'),
      ['instances:read', 'instances:write'],
    ),
  ),
];
