import {
  type BadRequest,
  fieldRows,
  ID,
  jsonRow,
  LONE_SURROGATE,
  NOT_FOUND,
  type Refusal,
  row,
} from './row.ts';

const TARGET = 'POST /admin/v1/keys';
const PROJECT = ID.replaceAll('-', '');
const GOOD = { name: 'bad-input', project_id: PROJECT };
const CREDENTIAL = { id: 'a', secret: 'b' };

/** The message differs from that for customers. */
export const NO_OPERATOR: Refusal = { status: 401, code: 'unauthorized' };

type Case = readonly [name: string, change: object, fields?: readonly string[]];

/** Headers that do not authenticate an operator. */
export const NO_ADMIN_TOKENS: readonly (readonly [string, Record<string, string>])[] = [
  ['no token', {}],
  ['an empty token', { authorization: 'Bearer ' }],
  ['a wrong token', { authorization: 'Bearer admin-token-of-the-test' }],
  ['a token with something behind it', { authorization: 'Bearer {admin token}x' }],
  ['a token with another scheme', { authorization: 'Basic {admin token}' }],
  ['a token without a scheme', { authorization: '{admin token}' }],
  ['a token in x-api-key', { 'x-api-key': '{admin token}' }],
  ["a customer's key", { authorization: 'Bearer {key}' }],
  ["a customer's key in x-api-key", { 'x-api-key': '{key}' }],
];

const NO_PROJECTS = ['', 'a b', '../x', 'a\u0000', 'ü', 'a'.repeat(65), 7, null, [], {}];

function noCredential(part: 'id' | 'secret'): Case[] {
  const field = `application_credential.${part}`;
  return [undefined, null, '', 7, [], 'a'.repeat(256), LONE_SURROGATE, 'a\u0000b'].map((value) => [
    `${field} ${JSON.stringify(value)?.slice(0, 30)}`,
    { application_credential: { ...CREDENTIAL, [part]: value } },
    [field],
  ]);
}

export const ADMIN_ROWS: readonly BadRequest[] = [
  ...NO_ADMIN_TOKENS.map(([name, headers]) => jsonRowFromAnonymous(name, headers)),
  row('the token in the query string', `${TARGET}?token={admin token}`, NO_OPERATOR, { from: 'anonymous' }),
  row('no token', 'GET /admin/v1/no-such-thing', NO_OPERATOR, { from: 'anonymous' }),
  row('no such path', 'GET /admin/v1/no-such-thing', NOT_FOUND, { from: 'operator' }),
  ...fieldRows(
    TARGET,
    GOOD,
    [
      ...[undefined, null, '', '   ', 7, [], {}, true, 'a'.repeat(256), LONE_SURROGATE, 'a\u0000b'].map(
        (name): Case => [`name ${JSON.stringify(name)?.slice(0, 30)}`, { name }],
      ),
      ...NO_PROJECTS.map(
        (project_id): Case => [`project_id ${JSON.stringify(project_id).slice(0, 30)}`, { project_id }],
      ),
      ['neither project nor credential', { project_id: undefined }],
      ['both project and credential', { application_credential: CREDENTIAL }, ['project_id']],
      ...['admin', 'instances:read', {}, null, 7].map(
        (scopes): Case => [`scopes ${JSON.stringify(scopes)}`, { scopes }],
      ),
      ['scopes: none', { scopes: [] }],
      ['scopes: an unknown one', { scopes: ['instances:read', 'root'] }, ['scopes.1']],
      ['scopes: of no service', { scopes: ['instances:read', 'nothing:read'] }, ['scopes.1']],
      ['scopes: a wildcard', { scopes: ['*'] }, ['scopes.0']],
      ['scopes: a number', { scopes: [7] }, ['scopes.0']],
      ['an id', { id: 'mine' }],
      ['a key', { key: 'ln_x' }],
      ['a prototype', { constructor: {} }],
    ],
    'operator',
  ),
  ...fieldRows(
    TARGET,
    { name: 'bad-input' },
    [
      ...['a', [], 7, null].map(
        (application_credential): Case => [
          `application_credential ${JSON.stringify(application_credential)}`,
          { application_credential },
        ],
      ),
      ...noCredential('id'),
      ...noCredential('secret'),
      [
        'application_credential: an unknown field',
        { application_credential: { ...CREDENTIAL, name: 'x' } },
        ['application_credential.name'],
      ],
    ],
    'operator',
  ),
];

function jsonRowFromAnonymous(name: string, headers: Record<string, string>): BadRequest {
  const good = jsonRow(name, TARGET, GOOD, NO_OPERATOR, 'anonymous');
  return { ...good, headers: { ...good.headers, ...headers } };
}
