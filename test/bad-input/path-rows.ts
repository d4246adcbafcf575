import { SCOPES, type Scope } from '../../src/scopes.ts';
import { type BadRequest, ID, jsonRow, lacking, NOT_FOUND, OTHER_ID, row } from './row.ts';

const NO_IDS: readonly (readonly [string, string])[] = [
  ['a word', 'web-production-01'],
  ['a sub-path of Nova', 'detail'],
  ['a number', '42'],
  ['null', 'null'],
  ['undefined', 'undefined'],
  ['a UUID without its dashes', ID.replaceAll('-', '')],
  ['a UUID in braces', `%7B${ID}%7D`],
  ['a UUID as a URN', `urn:uuid:${ID}`],
  ['a character too few', ID.slice(0, -1)],
  ['a character too many', `${ID}0`],
  ['a character that is no hexadecimal digit', ID.replace('8', 'g')],
  ['digits of another script', ID.replace('8', '%D9%A8')],
  ['a space behind', `${ID}%20`],
  ['a line break behind', `${ID}%0A`],
  ['a null byte behind', `${ID}%00`],
  ['a null byte', '%00'],
  ['the parent', '..'],
  ['the parent, encoded', '%2e%2e'],
  ['the parent, encoded twice', '%252e%252e'],
  ['a slash, encoded', '%2f'],
  ['a way out, encoded', '..%2f..%2fadmin'],
  ['a backslash, encoded', '..%5c..%5cadmin'],
  ['a broken escape', '%zz'],
  ['half an escape', '%'],
  ['a byte that is no UTF-8', '%ff'],
  ['unicode', '%F0%9F%92%A5'],
  ['a wildcard', '*'],
  ['a list of ids', `${ID},${OTHER_ID}`],
  ['an injection', '%27%20OR%201=1--'],
  ['markup', '%3Cscript%3E'],
  ['8,000 characters', 'a'.repeat(8000)],
];

/** Every route with an id, marked by `*`. */
const ID_ROUTES = [
  'GET /v1/instances/*',
  'PATCH /v1/instances/*',
  'DELETE /v1/instances/*',
  'POST /v1/instances/*/actions',
  'GET /v1/security_groups/*',
  'DELETE /v1/security_groups/*',
  'POST /v1/security_groups/*/rules',
  `DELETE /v1/security_groups/*/rules/${OTHER_ID}`,
  `DELETE /v1/security_groups/${ID}/rules/*`,
  'GET /v1/server_groups/*',
  'DELETE /v1/server_groups/*',
];

const NO_KEYPAIR_NAMES = ['a%2fb', '%2e%2e', '..', 'a%00', '%C3%BC', 'a%3Fb', 'a'.repeat(256), '%zz'];

const NO_PATHS = [
  '/v1',
  '/v1/',
  '/v2/instances',
  '/V1/instances',
  '/v1/Instances',
  '/v1/instance',
  '/v1/servers',
  '/v1/instances//',
  '/v1//instances',
  '//v1/instances',
  '//evil.example/v1/instances',
  '/v1/instances/list',
  `/v1/instances/${ID}/action`,
  `/v1/instances/${ID}/actions/start`,
  `/v1/instances/${ID}//actions`,
  '/v1/instances//actions',
  '/v1%2finstances',
  '/%76%31/instances',
  '/v1/%69nstances',
  '/v1/instances;a=b',
  '/v1/instances.json',
  '/v1/me/keys',
  '/v1/__proto__',
  '/v1/constructor',
  '/cloud/v1',
  '/cloud/v1/compute/instances',
  '/cloud/v1/compute/instances/list/x',
  '/cloud/v2/me',
  '/admin',
  '/.env',
  '/favicon.ico',
];

/** A route, the scope it needs, and a key with all other customer scopes. */
const SCOPED: readonly (readonly [route: string, needs: Scope, has: readonly Scope[]])[] = [
  ...[
    '/v1/instances',
    `/v1/instances/${ID}`,
    '/v1/flavors',
    '/v1/images',
    '/v1/networks',
    '/v1/availability_zones',
    '/v1/floating_ips',
    '/v1/quotas',
    '/v1/keypairs',
    '/v1/keypairs/laptop',
    '/v1/security_groups',
    `/v1/security_groups/${ID}`,
    '/v1/server_groups',
    `/v1/server_groups/${ID}`,
    '/cloud/v1/compute/instances/list',
    '/cloud/v1/compute/keypairs',
    '/cloud/v1/network/security_groups/list',
  ].map((path) => [`GET ${path}`, 'instances:read', allBut('instances:read')] as const),
  ...[
    'POST /v1/instances',
    `PATCH /v1/instances/${ID}`,
    `DELETE /v1/instances/${ID}`,
    `POST /v1/instances/${ID}/actions`,
    'POST /v1/server_groups',
    `DELETE /v1/server_groups/${ID}`,
    'POST /cloud/v1/compute/instances/create',
  ].map((route) => [route, 'instances:write', allBut('instances:write')] as const),
  ...[
    'POST /v1/security_groups',
    `DELETE /v1/security_groups/${ID}`,
    `POST /v1/security_groups/${ID}/rules`,
    `DELETE /v1/security_groups/${ID}/rules/${OTHER_ID}`,
  ].map((route) => [route, 'network:write', allBut('network:write')] as const),
  ...['POST /v1/keypairs', 'DELETE /v1/keypairs/laptop', 'POST /cloud/v1/compute/keypairs'].map(
    (route) => [route, 'keypairs:write', allBut('keypairs:write')] as const,
  ),
  ['GET /v1/hypervisors', 'admin', allBut('admin')],
  ['GET /v1/instances?all_tenants=1', 'admin', allBut('admin')],
  ['GET /cloud/v1/compute/instances/list?all_tenants=true', 'admin', allBut('admin')],
];

function allBut(missing: Scope): readonly Scope[] {
  return SCOPES.filter((scope) => scope !== missing);
}

export const PATH_ROWS: readonly BadRequest[] = [
  ...NO_IDS.map(([name, id]) => row(name, `GET /v1/instances/${id}`, NOT_FOUND)),
  ...ID_ROUTES.flatMap((route) =>
    ['web-production-01', ID.replaceAll('-', ''), '%2e%2e', '%00'].map((id) =>
      row('not an id', route.replace('*', id), NOT_FOUND),
    ),
  ),
  ...NO_KEYPAIR_NAMES.flatMap((name) => [
    row('not a name', `GET /v1/keypairs/${name}`, NOT_FOUND),
    row('not a name', `DELETE /v1/keypairs/${name}`, NOT_FOUND),
  ]),
  ...NO_PATHS.map((path) => row('no such path', `GET ${path}`, NOT_FOUND)),
  ...SCOPED.map(([route, needs, has]) => row(`a key without ${needs}`, route, lacking(needs), { from: has })),
  jsonRow(
    'a host without the scope admin',
    'POST /v1/instances',
    { name: 'x', flavor_id: 'm1.tiny', image_id: 'y', availability_zone: 'nova:host-1' },
    lacking('admin'),
  ),
];
