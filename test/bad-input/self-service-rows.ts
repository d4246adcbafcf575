import {
  type Case,
  NO_TEXTS,
  WRONG_CIDRS,
  WRONG_NAMES,
  WRONG_ORIGINS,
  WRONG_OVERLAPS,
  WRONG_REGIONS,
  WRONG_SCOPES,
  WRONG_TIMES,
  wrong,
} from './key-fields.ts';
import {
  type BadRequest,
  badFields,
  fieldRows,
  jsonRow,
  LONE_SURROGATE,
  NO_KEY,
  NOT_FOUND,
  row,
  UNAUTHORIZED,
} from './row.ts';
import { USAGE_ROWS } from './usage-rows.ts';

const SIGN_UP = 'POST /v1/api_keys';
const ROTATE = 'POST /v1/api_keys/{key id}/rotate';
const PASSWORD = { username: 'u', password: 'p', project_name: 'x' };
const CREDENTIAL = { application_credential_id: 'a', application_credential_secret: 'b' };
const BY_PASSWORD = { name: 'bad-input', credentials: PASSWORD };

/** Each invalid value of one field of `credentials`. */
function within(form: object, field: string, values: readonly unknown[]): Case[] {
  return values.map((value) => [
    `credentials.${field} ${JSON.stringify(value)?.slice(0, 30)}`,
    { credentials: { ...form, [field]: value } },
    [`credentials.${field}`],
  ]);
}

const WRONG_PASSWORDS = [undefined, null, '', 7, true, [], {}, 'a'.repeat(4097), LONE_SURROGATE];
const WRONG_DOMAINS = NO_TEXTS;
const WRONG_PROJECTS = ['', 'a b', '../x', 'a\u0000', 'ü', 'a'.repeat(65), 7, null, [], {}];

const WRONG_CREDENTIALS: readonly Case[] = [
  ...wrong('credentials', [null, '', 'a:b', 7, true, []]),
  ['credentials left out', { credentials: undefined }],
  ['credentials of neither form', { credentials: {} }, ['credentials.password', 'credentials.username']],
  ...within(PASSWORD, 'username', [undefined, ...NO_TEXTS]),
  ...within(PASSWORD, 'password', WRONG_PASSWORDS),
  ...within(PASSWORD, 'user_domain_name', WRONG_DOMAINS),
  ...within(PASSWORD, 'project_domain_name', WRONG_DOMAINS),
  ...within(PASSWORD, 'project_name', [undefined, ...NO_TEXTS]),
  ...within({ username: 'u', password: 'p' }, 'project_id', WRONG_PROJECTS),
  ...within(CREDENTIAL, 'application_credential_id', NO_TEXTS),
  ...within(CREDENTIAL, 'application_credential_secret', [undefined, ...NO_TEXTS]),
  [
    'both a project name and an id',
    { credentials: { ...PASSWORD, project_id: 'x' } },
    ['credentials.project_name'],
  ],
  [
    'both forms combined',
    { credentials: { ...PASSWORD, ...CREDENTIAL } },
    ['credentials.username', 'credentials.password', 'credentials.project_name'],
  ],
  [
    'an application credential with a project',
    { credentials: { ...CREDENTIAL, project_name: 'x' } },
    ['credentials.project_name'],
  ],
  [
    'the names of the admin API',
    { credentials: { id: 'a', secret: 'b' } },
    ['credentials.id', 'credentials.password', 'credentials.secret', 'credentials.username'],
  ],
  ['an unknown field', { credentials: { ...PASSWORD, domain: 'x' } }, ['credentials.domain']],
  [
    'a token instead',
    { credentials: { token: 'x' } },
    ['credentials.password', 'credentials.token', 'credentials.username'],
  ],
];

const WRONG_ROLES: readonly Case[] = [
  ...wrong('roles', [null, 'member', 7, {}, Array(33).fill('member')]),
  ...NO_TEXTS.map(
    (role): Case => [`roles [${JSON.stringify(role)?.slice(0, 30)}]`, { roles: [role] }, ['roles.0']],
  ),
];

const NO_KEY_IDS = ['0'.repeat(16), '0', 'a'.repeat(65), '{KEY ID}', '{key}', '{key id}%00', '%2f', '%zz'];

export const SELF_SERVICE_ROWS: readonly BadRequest[] = [
  ...USAGE_ROWS.map(({ query, fields }) =>
    row(`usage ${query}`, `GET /v1/usage?${query}`, badFields(...fields)),
  ),
  row('usage of another project', `GET /v1/usage?project_id=${'a'.repeat(32)}`, badFields('project_id')),
  row('usage without a key', 'GET /v1/usage', NO_KEY, { from: 'anonymous' }),
  ...fieldRows(
    SIGN_UP,
    BY_PASSWORD,
    [
      ['name left out', { name: undefined }],
      ...WRONG_NAMES,
      ...WRONG_SCOPES,
      ['the scope that operators give', { scopes: ['instances:read', 'admin'] }, ['scopes']],
      ...WRONG_TIMES,
      ...WRONG_CIDRS,
      ...WRONG_ORIGINS,
      ...WRONG_REGIONS,
      ...WRONG_ROLES,
      ...WRONG_CREDENTIALS,
      ['a plan, which is the operator’s to give', { plan: 'gold' }],
      ['credentials outside the object', { username: 'u', password: 'p' }],
      ['fields of the admin API', { project_id: 'x', application_credential: { id: 'a', secret: 'b' } }],
      ['an unknown field', { colour: 'blue' }],
      ['a prototype', { constructor: {} }],
    ],
    'anonymous',
  ),
  jsonRow('an empty object', SIGN_UP, {}, badFields('name', 'credentials'), 'anonymous'),
  jsonRow('a key instead of credentials', SIGN_UP, { name: 'x' }, badFields('credentials')),
  ...fieldRows(ROTATE, {}, [
    ...WRONG_OVERLAPS,
    ['a credential', { application_credential: { id: 'a', secret: 'b' } }],
    ['a name', { name: 'x' }],
    ['scopes', { scopes: ['admin'] }],
  ]),
  ...NO_KEY_IDS.flatMap((id) => [
    row('not an id of a key', `GET /v1/api_keys/${id}`, NOT_FOUND),
    row('not an id of a key', `DELETE /v1/api_keys/${id}`, NOT_FOUND),
    jsonRow('not an id of a key', `POST /v1/api_keys/${id}/rotate`, {}, NOT_FOUND),
  ]),
  ...['GET /v1/api_keys', 'GET /v1/api_keys/{key id}', 'DELETE /v1/api_keys/{key id}', ROTATE].flatMap(
    (route) => [
      row('no key', route, NO_KEY, { from: 'anonymous' }),
      row('a wrong key', route, UNAUTHORIZED, {
        from: 'anonymous',
        headers: { 'x-api-key': '{wrong secret}' },
      }),
      row("the operator's token", route, UNAUTHORIZED, { from: 'operator' }),
    ],
  ),
  ...['PUT /v1/api_keys', 'HEAD /v1/api_keys', 'POST /v1/api_keys/x'].map((route) =>
    row('a request other than sign-up', route, NO_KEY, { from: 'anonymous' }),
  ),
  ...['POST /v1/api_keys//', 'POST //v1/api_keys'].map((route) =>
    row('a request other than sign-up', route, NOT_FOUND, { from: 'anonymous' }),
  ),
  ...['revoke', 'rotate/x'].map((rest) =>
    row('no such path', `POST /v1/api_keys/{key id}/${rest}`, NOT_FOUND),
  ),
];
