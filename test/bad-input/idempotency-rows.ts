import { BAD_MEDIA_TYPE, type BadRequest, badFields, ID, row, TOO_LARGE } from './row.ts';

const CREATE = 'POST /v1/instances';
const JSON_TYPE = { 'content-type': 'application/json' };
const GOOD = { name: 'a', flavor_id: 'm1.tiny', image_id: 'ubuntu-22.04-amd64' };
const HEADER = 'Idempotency-Key';

const WRONG: readonly (readonly [string, string | readonly string[]])[] = [
  ['an empty one', ''],
  ['a blank one', '   '],
  ['empty quotes', '""'],
  ['a character too many', 'x'.repeat(256)],
  ['a quoted character too many', `"${'x'.repeat(256)}"`],
  ['kilobytes', 'x'.repeat(8_000)],
  ['two in a list', 'a, b'],
  ['two headers', ['a', 'b']],
  ['the same one twice', ['a', 'a']],
  ['two quoted headers', ['"a"', '"b"']],
  ['an open quote', '"a'],
  ['a quote inside', 'a"b'],
  ['a parameter', '"a";p=1'],
  ['a space inside', 'a b'],
  ['a tabulator inside', 'a\tb'],
  ['a wrong escape', '"\\x"'],
  ['a letter above ASCII', 'schl\u00fcssel'],
  ['a JSON object', '{"key": "a"}'],
];

/** The routes that accept the header. */
const ROUTES = [
  CREATE,
  `POST /v1/instances/${ID}/actions`,
  'POST /v1/keypairs',
  'POST /v1/security_groups',
  `POST /v1/security_groups/${ID}/rules`,
  'POST /v1/server_groups',
  'POST /v1/volumes',
  `POST /v1/volumes/${ID}/actions`,
  'POST /v1/volume_snapshots',
  `POST /v1/instances/${ID}/volumes`,
  'POST /v1/api_keys/{key id}/rotate',
  'POST /cloud/v1/compute/instances/create',
  'POST /cloud/v1/compute/keypairs',
];

function keyed(name: string, target: string, refusal: BadRequest['refusal'], options: Partial<BadRequest>) {
  const headers = { ...JSON_TYPE, [HEADER]: `"${name}"`, ...options.headers };
  return row(`with a key: ${name}`, target, refusal, { ...options, headers });
}

export const IDEMPOTENCY_ROWS: readonly BadRequest[] = [
  ...WRONG.map(([name, value]) =>
    row(`Idempotency-Key: ${name}`, CREATE, badFields(HEADER), {
      headers: { ...JSON_TYPE, [HEADER]: value },
      body: JSON.stringify(GOOD),
    }),
  ),
  ...ROUTES.map((route) =>
    row('an invalid Idempotency-Key', route, badFields(HEADER), {
      headers: { ...JSON_TYPE, [HEADER]: 'a b' },
      body: '{}',
    }),
  ),
  // Read by the idempotency stage before the handler: the errors are the same.
  keyed('no body', CREATE, badFields('body'), {}),
  keyed('malformed JSON', CREATE, badFields('body'), { body: '{"name":' }),
  keyed('not UTF-8', CREATE, badFields('body'), { body: Uint8Array.of(0x7b, 0xff, 0x7d) }),
  keyed('an unknown field', CREATE, badFields('nmae', 'name'), {
    body: JSON.stringify({ ...GOOD, name: undefined, nmae: 'a' }),
  }),
  keyed('not JSON', CREATE, BAD_MEDIA_TYPE, { headers: { 'content-type': 'text/plain' }, body: 'a' }),
  keyed('a body that is too large', CREATE, TOO_LARGE, { body: 'x'.repeat(1_048_577) }),
  keyed('a chunked body that is too large', CREATE, TOO_LARGE, {
    body: 'x'.repeat(1_048_577),
    chunked: true,
  }),
  keyed('a chunked body', CREATE, badFields('flavor_id', 'image_id'), {
    body: '{"name": "a"}',
    chunked: true,
  }),
];
