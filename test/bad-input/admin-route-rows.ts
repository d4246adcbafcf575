import { NO_ADMIN_TOKENS, NO_OPERATOR } from './admin-rows.ts';
import { type BadRequest, badFields, NOT_FOUND, row } from './row.ts';
import { USAGE_ROWS } from './usage-rows.ts';

const ALL_METHODS = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS'];

/** Every path of the admin API and its methods. GET implies HEAD. */
const PATHS: Readonly<Record<string, readonly string[]>> = {
  '/admin/v1/keys': ['GET', 'POST'],
  '/admin/v1/keys/{key id}': ['GET', 'PATCH', 'DELETE'],
  '/admin/v1/keys/{key id}/rotate': ['POST'],
  '/admin/v1/audit': ['GET'],
  '/admin/v1/usage': ['GET'],
  '/admin/v1/health': ['GET'],
  '/admin/v1/reconcile_runs': ['GET'],
};

/** Ids that no key can have. */
const NO_KEY_IDS: readonly (readonly [string, string])[] = [
  ['of no key', '0'.repeat(16)],
  ['too short', '0'],
  ['too long', 'a'.repeat(65)],
  ['8,000 characters', 'a'.repeat(8000)],
  ['a UUID', '8b6f4c21-1c7e-4c45-9e5a-1b6c7a9f2d11'],
  ['in capitals', '{KEY ID}'],
  ["the key's whole text", '{key}'],
  ['a space behind', '{key id}%20'],
  ['a null byte behind', '{key id}%00'],
  ['a line break behind', '{key id}%0A'],
  ['a null byte', '%00'],
  ['a slash, encoded', '%2f'],
  ['the parent, encoded', '%2e%2e'],
  ['a broken escape', '%zz'],
  ['a byte that is no UTF-8', '%ff'],
  ['a wildcard', '%25'],
  ['an injection', '%27%20OR%201=1--'],
  ['a prototype', '__proto__'],
];

const ROUTES_WITH_ID = ['GET /keys/*', 'PATCH /keys/*', 'DELETE /keys/*', 'POST /keys/*/rotate'];

const NO_LIMITS = ['', '0', '-1', '1.5', '1001', '1e3', '0x10', '%205', 'all', 'null', '9'.repeat(400)];
const NO_KEY_CURSORS = ['', 'A', 'a-b', '../x', 'a%00', '%ff', 'a'.repeat(65), 'WyJhIiwiYiJd'];
const NO_AUDIT_CURSORS = ['', '-1', '1.5', '1e3', 'abc', '%201', '1%00', '9'.repeat(16), '9'.repeat(400)];

const cursorOf = (value: string, id: string) =>
  Buffer.from(JSON.stringify([value, id])).toString('base64url');

/** A parameter and its invalid values. */
function queries(path: string, parameter: string, values: readonly string[]): BadRequest[] {
  return values.map((value) =>
    byOperator(`no ${parameter}`, `GET ${path}?${parameter}=${value}`, badFields(parameter)),
  );
}

export const ADMIN_ROUTE_ROWS: readonly BadRequest[] = [
  ...Object.entries(PATHS).flatMap(([path, methods]) => {
    const allow = methods.includes('GET') ? [...methods, 'HEAD'] : methods;
    const others = ALL_METHODS.filter((method) => !allow.includes(method));
    return [
      ...methods.flatMap((method) =>
        NO_ADMIN_TOKENS.map(([name, headers]) =>
          row(name, `${method} ${path}`, NO_OPERATOR, { from: 'anonymous', headers }),
        ),
      ),
      ...others.map((method) =>
        byOperator('method without a route', `${method} ${path}`, {
          status: 405,
          code: 'methodNotAllowed',
          allow,
        }),
      ),
      row('a method without a route, without the token', `PUT ${path}`, NO_OPERATOR, { from: 'anonymous' }),
      row("a customer's key with every scope", `GET ${path}`, NO_OPERATOR, { from: ['admin'] }),
    ];
  }),
  ...ROUTES_WITH_ID.flatMap((route) =>
    NO_KEY_IDS.map(([name, id]) =>
      byOperator(`an id ${name}`, route.replace('/keys/*', `/admin/v1/keys/${id}`), NOT_FOUND, {
        headers: { 'content-type': 'application/json' },
        body: /^(PATCH|POST)/.test(route) ? '{"name":"x"}' : null,
      }),
    ),
  ),
  ...queries('/admin/v1/keys', 'limit', NO_LIMITS),
  ...queries('/admin/v1/keys', 'cursor', NO_KEY_CURSORS),
  ...queries('/admin/v1/keys', 'project_id', ['', 'a'.repeat(65), 'a%00']),
  ...queries('/admin/v1/audit', 'limit', NO_LIMITS),
  ...queries('/admin/v1/audit', 'cursor', NO_AUDIT_CURSORS),
  ...USAGE_ROWS.map(({ query, fields }) =>
    byOperator(`usage ${query}`, `GET /admin/v1/usage?${query}`, badFields(...fields)),
  ),
  ...queries('/admin/v1/usage', 'project_id', ['', 'a'.repeat(65), 'a%00']),
  ...queries('/admin/v1/reconcile_runs', 'limit', NO_LIMITS),
  ...queries('/admin/v1/reconcile_runs', 'cursor', NO_KEY_CURSORS),
  ...['keys', 'audit', 'usage', 'reconcile_runs'].flatMap((list) => [
    byOperator('limit twice', `GET /admin/v1/${list}?limit=1&limit=1`, badFields('limit')),
    byOperator('cursor twice', `GET /admin/v1/${list}?cursor=1&cursor=2`, badFields('cursor')),
    byOperator('an unknown filter', `GET /admin/v1/${list}?name=a`, badFields('name')),
    byOperator('a filter in upper case', `GET /admin/v1/${list}?Limit=1`, badFields('Limit')),
    byOperator('a prototype', `GET /admin/v1/${list}?__proto__=1`, badFields('__proto__')),
    byOperator(
      'everything combined',
      `GET /admin/v1/${list}?limit=x&cursor=-&foo=1`,
      badFields('limit', 'cursor', 'foo'),
    ),
  ]),
  byOperator('project_id twice', 'GET /admin/v1/keys?project_id=a&project_id=b', badFields('project_id')),
  ...['family=', 'family=yes', 'family=1', 'family=TRUE', 'family=true&family=true'].map((query) =>
    byOperator('an invalid family', `DELETE /admin/v1/keys/{key id}?${query}`, badFields('family')),
  ),
  byOperator('an unknown choice', 'DELETE /admin/v1/keys/{key id}?force=true', badFields('force')),
  byOperator('a filter of the other list', 'GET /admin/v1/audit?state=active', badFields('state')),
  byOperator('a filter of the other list', 'GET /admin/v1/keys?action=key.create', badFields('action')),
  ...queries('/admin/v1/keys', 'q', ['', 'a%00', '%0A', 'a'.repeat(256), '%F0%9F%A6%8A']),
  ...queries('/admin/v1/keys', 'sort', ['', 'id', '+name', '--name', 'Name', 'name,id', 'last_four']),
  byOperator('sort twice', 'GET /admin/v1/keys?sort=name&sort=-name', badFields('sort')),
  ...[cursorOf('created_at 2026-01-01', 'a'), cursorOf('name x', 'A'), cursorOf('id x', 'a')].map((cursor) =>
    byOperator('a made-up cursor', `GET /admin/v1/keys?sort=name&cursor=${cursor}`, badFields('cursor')),
  ),
  byOperator(
    'a cursor of another sort',
    `GET /admin/v1/keys?sort=-name&cursor=${cursorOf('name x', 'a')}`,
    badFields('cursor'),
  ),
  ...queries('/admin/v1/audit', 'action', ['', 'key', 'key.*', 'KEY.CREATE', 'key.create,key.rotate']),
  ...queries('/admin/v1/audit', 'key_id', ['', 'A', 'a%00', 'a'.repeat(65)]),
  ...queries('/admin/v1/audit', 'project_id', ['', 'a'.repeat(65), 'a%00']),
  ...queries('/admin/v1/audit', 'from', ['', 'yesterday', '2026-02-30', '2026-01-01T00:00:00', '1969-12-31']),
  ...queries('/admin/v1/audit', 'to', ['', 'now', '2026-13-01', '%2B275760-09-13T00:00:00Z']),
  byOperator('no time between', 'GET /admin/v1/audit?from=2026-01-02&to=2026-01-01', badFields('from')),
  ...['', '/', '/v1', '/v1/', '/v2/keys', '/v1/Keys', '/v1/key', '/v1/audit/1', '/v1/keys/a/b/c'].map(
    (path) => byOperator('no such path', `GET /admin${path}`, NOT_FOUND),
  ),
  byOperator('no such path', 'POST /admin/v1/keys/{key id}/revoke', NOT_FOUND),
];

function byOperator(
  name: string,
  route: string,
  refusal: BadRequest['refusal'],
  options: Partial<Pick<BadRequest, 'headers' | 'body'>> = {},
): BadRequest {
  return row(name, route, refusal, { from: 'operator', ...options });
}
