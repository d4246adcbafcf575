import { noName, noShortText } from './instance-rows.ts';
import {
  BAD_MEDIA_TYPE,
  type BadRequest,
  badFields,
  fieldRows,
  ID,
  jsonRow,
  LONE_SURROGATE,
  lacking,
  row,
} from './row.ts';

type Case = readonly [name: string, change: object, fields?: readonly string[]];

const each = (field: string, values: readonly unknown[]): Case[] =>
  values.map((value) => [`${field} ${JSON.stringify(value)}`, { [field]: value }]);

const NO_TAGS: readonly Case[] = [
  ...each('tags', ['a', 7, {}, true]),
  ['tags: 129', { tags: Array.from({ length: 129 }, (_, n) => `t${n}`) }],
  ...['', 7, {}, ['a'], null, 'a'.repeat(256), 'a\nb', LONE_SURROGATE].map(
    (tag): Case => [`a tag ${JSON.stringify(tag).slice(0, 30)}`, { tags: ['ok', tag] }, ['tags.1']],
  ),
];
const VISIBILITIES = ['', 'Public', 'hidden', 'all', 7, true, ['public'], {}];
/** Members of Glance that redu has not. */
const NO_FIELDS = [
  'id',
  'owner',
  'protected',
  'min_disk',
  'min_ram',
  'size',
  'status',
  'os_hidden',
  'locations',
];

const FILE = `PUT /v1/images/${ID}/file`;
const BYTES = { 'content-type': 'application/octet-stream' };
const WRITES = ['POST /v1/images', `PATCH /v1/images/${ID}`, `DELETE /v1/images/${ID}`, FILE];

export const IMAGE_ROWS: readonly BadRequest[] = [
  ...fieldRows('POST /v1/images', { name: 'bad-input' }, [
    ...noName('name'),
    ...each('disk_format', [null, '', 'RAW', 'img', 7, ['raw'], {}]),
    ...each('container_format', [null, '', 'BARE', 'tar', 7, ['bare']]),
    ...each('visibility', VISIBILITIES),
    ...NO_TAGS,
    ...NO_FIELDS.map((field): Case => [`${field}, as Glance has it`, { [field]: 'a' }]),
    ['a property', { os_distro: 'debian' }],
    ['two wrong fields', { name: 7, tags: 'a' }],
  ]),
  ...fieldRows(`PATCH /v1/images/${ID}`, { name: 'bad-input' }, [
    ...noShortText('name'),
    ...each('name', [null, ' ', ' a', 'a ']),
    ...each('visibility', [null, ...VISIBILITIES]),
    ...each('tags', [null]),
    ...NO_TAGS,
    ...each('disk_format', ['raw']),
    ...NO_FIELDS.map((field): Case => [`${field}, as Glance has it`, { [field]: 'a' }]),
  ]),
  jsonRow('a JSON patch', `PATCH /v1/images/${ID}`, [{ op: 'remove', path: '/tags' }], badFields('body')),
  row('no data', FILE, badFields('body'), { headers: BYTES }),
  row('no data and no type', FILE, badFields('body')),
  row('data of no bytes', FILE, badFields('body'), { headers: { ...BYTES, 'content-length': '0' } }),
  ...['application/json', 'text/plain', 'application/octet-streams', 'multipart/form-data', ''].map((type) =>
    row(`data as ${type}`, FILE, BAD_MEDIA_TYPE, { headers: { 'content-type': type }, body: 'data' }),
  ),
  jsonRow('nothing to change', `PATCH /v1/images/${ID}`, {}, badFields('body')),
  row('data without a type', FILE, BAD_MEDIA_TYPE, { body: 'data' }),
  row('compressed data', FILE, BAD_MEDIA_TYPE, {
    headers: { ...BYTES, 'content-encoding': 'gzip' },
    body: 'data',
  }),
  row('chunked data of another type', FILE, BAD_MEDIA_TYPE, {
    headers: { 'content-type': 'image/png' },
    body: 'data',
    chunked: true,
  }),
  ...WRITES.map((target) =>
    row('a key without the scope', target, lacking('images:write'), {
      from: ['instances:read', 'instances:write', 'network:write', 'volumes:write'],
      headers: BYTES,
      body: 'data',
    }),
  ),
];
