import {
  BAD_MEDIA_TYPE,
  type BadRequest,
  badFields,
  ID,
  type Refusal,
  row,
  type Sender,
  TOO_LARGE,
} from './row.ts';

const MIB = 1_048_576;
const JSON_TYPE = { 'content-type': 'application/json' };
const CREATE = 'POST /v1/instances';

/** Every route with a body. */
const WRITES: readonly (readonly [route: string, from: Sender])[] = [
  [CREATE, 'customer'],
  [`PATCH /v1/instances/${ID}`, 'customer'],
  [`POST /v1/instances/${ID}/actions`, 'customer'],
  ['POST /v1/keypairs', 'customer'],
  ['POST /v1/security_groups', 'customer'],
  [`PATCH /v1/security_groups/${ID}`, 'customer'],
  [`POST /v1/security_groups/${ID}/rules`, 'customer'],
  ['POST /v1/server_groups', 'customer'],
  ['POST /v1/volumes', 'customer'],
  [`PATCH /v1/volumes/${ID}`, 'customer'],
  [`POST /v1/volumes/${ID}/actions`, 'customer'],
  ['POST /v1/volume_snapshots', 'customer'],
  [`POST /v1/instances/${ID}/volumes`, 'customer'],
  ['POST /cloud/v1/compute/instances/create', 'customer'],
  ['POST /cloud/v1/compute/keypairs', 'customer'],
  ['POST /v1/api_keys', 'anonymous'],
  ['POST /v1/api_keys/{key id}/rotate', 'customer'],
  ['POST /admin/v1/keys', 'operator'],
  ['PATCH /admin/v1/keys/{key id}', 'operator'],
  ['POST /admin/v1/keys/{key id}/rotate', 'operator'],
];

/** JSON that is not an object. */
const NO_OBJECTS: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['broken JSON', '{"name":'],
  ['a list', '[]'],
  ['a text', '"name"'],
  ['null', 'null'],
  ['a number', '42'],
];

/** Malformed JSON; independent of the route. */
const NO_JSON: readonly (readonly [string, string | Uint8Array])[] = [
  ['true', 'true'],
  ['blanks', ' \r\n\t '],
  ['a trailing comma', '{"name":"x",}'],
  ['single quotes', "{'name':'x'}"],
  ['a comment', '{"name":"x"/* y */}'],
  ['NaN', '{"name":NaN}'],
  ['Infinity', '{"name":Infinity}'],
  ['undefined', '{"name":undefined}'],
  ['hexadecimal', '{"name":0x10}'],
  ['a raw line break in a text', '{"name":"a\nb"}'],
  ['an unknown escape', '{"name":"\\x41"}'],
  ['something behind it', '{"name":"x"}{"name":"y"}'],
  ['a form', 'name=x&flavor_id=y'],
  ['XML', '<?xml version="1.0"?><name>x</name>'],
  ['an unclosed text', '{"name":"x'],
  ['a null byte', '\u0000'],
  ['10,000 open brackets', '['.repeat(10_000)],
  ['10,000 lists in lists', '['.repeat(10_000) + ']'.repeat(10_000)],
  ['UTF-16', new Uint8Array([0xff, 0xfe, 0x7b, 0x00, 0x7d, 0x00])],
  ['UTF-16 without a mark', new Uint8Array([0x7b, 0x00, 0x7d, 0x00])],
  ['invalid UTF-8', new Uint8Array([0x7b, 0x22, 0xc3, 0x28, 0x22, 0x3a, 0x31, 0x7d])],
  ['UTF-8 of half a surrogate pair', new Uint8Array([0x22, 0xed, 0xa0, 0x80, 0x22])],
  ['gzip declared as JSON', new Uint8Array([0x1f, 0x8b, 0x08, 0x00, 0x00, 0x00, 0x00, 0x00])],
];

/** Valid JSON whose object is invalid. */
const ODD_OBJECTS: readonly (readonly [name: string, body: string, ...fields: string[]])[] = [
  ['a byte order mark is not what is wrong', '\ufeff{}', 'flavor_id', 'image_id', 'name'],
  ['the last of two equal keys counts', good('"name":"x","name":""'), 'name'],
  ['a prototype', good('"name":"x","__proto__":{"admin":true}'), '__proto__'],
  ['a constructor', good('"name":"x","constructor":{"prototype":{}}'), 'constructor'],
  ['toString', good('"name":"x","toString":1'), 'toString'],
  ['an empty key', good('"name":"x","":1'), 'body'],
  ['a text 10,000 lists deep', good(`"name":${'['.repeat(10_000)}1${']'.repeat(10_000)}`), 'name'],
  [
    'metadata 10,000 objects deep',
    good(`"name":"x","metadata":{"a":${'{"b":'.repeat(10_000)}1${'}'.repeat(10_000)}}`),
    'metadata.a',
  ],
  ['a number no double holds', good('"name":1e999'), 'name'],
  ['the envelope of Nova', '{"server":{}}', 'flavor_id', 'image_id', 'name', 'server'],
];

const TYPES = [
  'text/plain',
  'text/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'application/octet-stream',
  'application/xml',
  'application/json-patch+json',
  'application/merge-patch+json',
  'application/x-ndjson',
  'application/jsonx',
  'json',
  '*/*',
  'application/json; charset=iso-8859-1',
  'application/json; charset=utf-16',
  'application/json, text/plain',
];

const ENCODINGS = ['gzip', 'deflate', 'br', 'zstd', 'x-unknown', 'gzip, identity'];

export const BODY_ROWS: readonly BadRequest[] = [
  ...WRITES.flatMap(([route, from]) => [
    ...NO_OBJECTS.map(([name, body]) => json(name, route, body, badFields('body'), from)),
    row('no body and no type', route, badFields('body'), { from }),
    row('no type', route, BAD_MEDIA_TYPE, { from, body: '{}' }),
    row('a form', route, BAD_MEDIA_TYPE, {
      from,
      body: 'a=b',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
    }),
    json('over 1 MiB', route, ' '.repeat(MIB + 1), TOO_LARGE, from),
  ]),
  ...NO_JSON.map(([name, body]) => json(name, CREATE, body, badFields('body'))),
  ...ODD_OBJECTS.map(([name, body, ...fields]) => json(name, CREATE, body, badFields(...fields))),
  ...TYPES.map((type) =>
    row(`the type ${type}`, CREATE, BAD_MEDIA_TYPE, { headers: { 'content-type': type }, body: '{}' }),
  ),
  ...ENCODINGS.map((encoding) =>
    row(`the encoding ${encoding}`, CREATE, BAD_MEDIA_TYPE, {
      headers: { ...JSON_TYPE, 'content-encoding': encoding },
      body: '{}',
    }),
  ),
  row('a chunked body over 1 MiB', CREATE, TOO_LARGE, {
    headers: JSON_TYPE,
    body: ' '.repeat(MIB + 1),
    chunked: true,
  }),
  row('a chunked body of 3 MiB', CREATE, TOO_LARGE, {
    headers: JSON_TYPE,
    body: ' '.repeat(3 * MIB),
    chunked: true,
  }),
  json('1 MiB of blanks is not too large, only no JSON', CREATE, ' '.repeat(MIB), badFields('body')),
  row('an empty chunked body', CREATE, badFields('body'), { headers: JSON_TYPE, body: '', chunked: true }),
];

function json(
  name: string,
  route: string,
  body: string | Uint8Array,
  refusal: Refusal,
  from: Sender = 'customer',
): BadRequest {
  return row(`a body of ${name}`, route, refusal, { from, headers: JSON_TYPE, body });
}

/** The given members and the required ones of a new instance. */
function good(members: string): string {
  return `{"flavor_id":"m1.tiny","image_id":"ubuntu",${members}}`;
}
