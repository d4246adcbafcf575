import { type BadRequest, badFields, ID, row } from './row.ts';

/** Paged lists (`limit`, `cursor`), without those that need the scope `admin`. */
const PAGED = [
  'regions',
  'flavors',
  'images',
  'networks',
  'availability_zones',
  'floating_ips',
  'keypairs',
  'security_groups',
  'server_groups',
  'volumes',
  'volume_snapshots',
  'api_keys',
  `instances/${ID}/actions`,
];

const NO_COUNTS: readonly (readonly [string, string])[] = [
  ['nothing', ''],
  ['a negative number', '-1'],
  ['a sign', '%2B5'],
  ['a fraction', '1.5'],
  ['an exponent', '1e3'],
  ['hexadecimal', '0x10'],
  ['a thousands separator', '1,000'],
  ['a space', '%205'],
  ['digits of another script', '%D9%A5'],
  ['a number over the maximum', '1001'],
  ['a number no integer holds', '9'.repeat(400)],
  ['a word', 'all'],
  ['NaN', 'NaN'],
  ['Infinity', 'Infinity'],
  ['null', 'null'],
  ['a null byte', '5%00'],
];

const NO_CURSORS: readonly (readonly [string, string])[] = [
  ['no base64', '***'],
  ['base64 of no JSON', encoded('hello')],
  ['a number', encoded('42')],
  ['null', encoded('null')],
  ['an object', encoded('{"name":"a"}')],
  ['a list of one', encoded('["a"]')],
  ['a list of three', encoded('["a","b","c"]')],
  ['a list of numbers', encoded('[1,2]')],
  ['no UTF-8', '_____w'],
  ['8,000 characters', 'a'.repeat(8000)],
];

/** Invalid filters of the list of instances, as query strings. */
const FILTERS: readonly (readonly [name: string, query: string, ...fields: string[]])[] = [
  ['an unknown status', 'status=SLEEPING', 'status.0'],
  ['an empty status', 'status=', 'status.0'],
  ['the second status unknown', 'status=ACTIVE&status=SLEEPING', 'status.1'],
  ['two statuses in one', 'status=ACTIVE,SHUTOFF', 'status.0'],
  ['a null byte', 'status=ACTIVE%00', 'status.0'],
  ['an empty name', 'name=', 'name'],
  ['a control character', 'name=a%00b', 'name'],
  ['a line break', 'name=a%0Ab', 'name'],
  ['256 characters', `name=${'a'.repeat(256)}`, 'name'],
  ['a name twice', 'name=a&name=b', 'name'],
  ['an empty flavor', 'flavor=', 'flavor'],
  ['a control character', 'flavor=%1B', 'flavor'],
  ['256 characters', `flavor=${'a'.repeat(256)}`, 'flavor'],
  ['a flavor twice', 'flavor=m1.tiny&flavor=m1.tiny', 'flavor'],
  ['an empty image', 'image=', 'image'],
  ['a control character', 'image=%07', 'image'],
  ['256 characters', `image=${'a'.repeat(256)}`, 'image'],
  ['an image twice', 'image=a&image=b', 'image'],
  ['an empty tag', 'tag=', 'tag.0'],
  ['two tags in one', 'tag=a,b', 'tag.0'],
  ['the second tag with a slash', 'tag=a&tag=b/c', 'tag.1'],
  ['61 characters', `tag=${'a'.repeat(61)}`, 'tag.0'],
  ['the mark of the gateway', 'tag=linguanova%20request%3D01', 'tag.0'],
  ['51 tags', Array.from({ length: 51 }, (_, n) => `tag=t${n}`).join('&'), 'tag'],
  ['a network by name', 'network_id=private', 'network_id'],
  ['a network twice', `network_id=${ID}&network_id=${ID}`, 'network_id'],
  ['an empty key pair', 'keypair_name=', 'keypair_name'],
  ['a control character', 'keypair_name=%07', 'keypair_name'],
  ['a key pair twice', 'keypair_name=a&keypair_name=b', 'keypair_name'],
  ['a project of its own', `project_id=${ID}`, 'project_id'],
  ['a project without all', `project_id=${ID}&all_tenants=0`, 'project_id'],
  ['a project with a slash', 'project_id=a%2Fb&all_tenants=1', 'project_id'],
  ['an empty project', 'project_id=&all_tenants=1', 'project_id'],
  ['a marker that is no id', 'marker=web-production-01', 'marker'],
  ['an empty marker', 'marker=', 'marker'],
  ['a marker twice', `marker=${ID}&marker=${ID}`, 'marker'],
  ['neither yes nor no', 'all_tenants=2', 'all_tenants'],
  ['an empty choice', 'all_tenants=', 'all_tenants'],
  ['a choice twice', 'all_tenants=0&all_tenants=0', 'all_tenants'],
  ['a limit twice', 'limit=1&limit=2', 'limit'],
  ['an unknown filter', 'colour=blue', 'colour'],
  ['a filter in capitals', 'Status=ACTIVE', 'Status'],
  ['a filter with brackets', 'status[]=ACTIVE', 'status[]'],
  ['a filter of Nova that is not ours', 'changes-since=2026-01-01', 'changes-since'],
  ['the cursor of other lists', 'cursor=WyJhIiwiYiJd', 'cursor'],
  ['a filter without a name', '=1', 'body'],
  ['a prototype', '__proto__=1', '__proto__'],
  ['a constructor', 'constructor=1', 'constructor'],
  ['the key, although it is in the header too', 'x-api-key={key}', 'x-api-key'],
  ['everything combined', 'status=X&limit=x&marker=x&foo=1', 'status.0', 'limit', 'marker', 'foo'],
];

const LISTS = ['GET /v1/instances', 'GET /cloud/v1/compute/instances/list'];

export const QUERY_ROWS: readonly BadRequest[] = [
  ...FILTERS.map(([name, query, ...fields]) => row(name, `${LISTS[0]}?${query}`, badFields(...fields))),
  ...FILTERS.slice(0, 5).map(([name, query, ...fields]) =>
    row(name, `${LISTS[1]}?${query}`, badFields(...fields)),
  ),
  ...NO_COUNTS.map(([name, limit]) => row(name, `${LISTS[0]}?limit=${limit}`, badFields('limit'))),
  ...NO_COUNTS.map(([name, limit]) => row(name, `GET /v1/flavors?limit=${limit}`, badFields('limit'))),
  ...PAGED.flatMap((list) => [
    ...['', 'all', 'PUBLIC', 'public,private', 'public%00'].map((visibility) =>
      row('an unknown visibility', `GET /v1/images?visibility=${visibility}`, badFields('visibility')),
    ),
    row('two visibilities', 'GET /v1/images?visibility=public&visibility=shared', badFields('visibility')),
    row('two names', 'GET /v1/images?name=a&name=b', badFields('name')),
    row('a long tag', `GET /v1/images?tag=a&tag=${'a'.repeat(256)}`, badFields('tag.1')),
    row('129 tags', `GET /v1/images?${'tag=a&'.repeat(129)}`, badFields('tag')),
    row('a page of zero items', `GET /v1/${list}?limit=0`, badFields('limit')),
    row('an empty cursor', `GET /v1/${list}?cursor=`, badFields('cursor')),
    row('two cursors', `GET /v1/${list}?cursor=a&cursor=b`, badFields('cursor')),
    row('an unknown filter', `GET /v1/${list}?colour=a`, badFields('colour')),
    row('an invalid cursor', `GET /v1/${list}?cursor=garbage`, badFields('cursor')),
  ]),
  ...NO_CURSORS.map(([name, cursor]) =>
    row(`an invalid cursor: ${name}`, `GET /v1/flavors?cursor=${cursor}`, badFields('cursor')),
  ),
  ...[
    ...NO_COUNTS.filter(([, count]) => count !== '1001'),
    ['none', '0'],
    ['over the maximum', '100001'],
  ].map(([name = '', lines]) =>
    row(`lines: ${name}`, `GET /v1/instances/${ID}/console_log?lines=${lines}`, badFields('lines')),
  ),
  row('lines twice', `GET /v1/instances/${ID}/console_log?lines=1&lines=2`, badFields('lines')),
  row('Nova’s length', `GET /v1/instances/${ID}/console_log?length=1`, badFields('length')),
  row('a page of zero items', 'GET /v1/hypervisors?limit=0', badFields('limit'), { from: ['admin'] }),
];

function encoded(json: string): string {
  return Buffer.from(json).toString('base64url');
}
