import {
  type Case,
  NO_TEXTS,
  WRONG_CIDRS,
  WRONG_NAMES,
  WRONG_ORIGINS,
  WRONG_OVERLAPS,
  WRONG_PLANS,
  WRONG_REGIONS,
  WRONG_SCOPES,
  WRONG_TIMES,
} from './key-fields.ts';
import { type BadRequest, fieldRows, ID, jsonRow, NOT_FOUND, type Sender } from './row.ts';

const CREATE = 'POST /admin/v1/keys';
const CHANGE = 'PATCH /admin/v1/keys/{key id}';
const ROTATE = 'POST /admin/v1/keys/{key id}/rotate';
const OPERATOR: Sender = 'operator';

const PROJECT = ID.replaceAll('-', '');
const CREDENTIAL = { id: 'a', secret: 'b' };

/** Read-only fields of a key. */
const READ_ONLY = [
  'id',
  'key',
  'state',
  'kind',
  'user_id',
  'family_id',
  'created_at',
  'last_used_at',
  'secret_hash',
];

const UNKNOWN: readonly Case[] = [
  ...READ_ONLY.map((field): Case => [`${field}, which is read-only`, { [field]: 'x' }]),
  ['an unknown field', { colour: 'blue' }],
  ['names of another case', { expiresAt: '2099-01-01T00:00:00Z' }],
];

/** Malformed `application_credential` of a rotation. */
const WRONG_CREDENTIALS: readonly Case[] = [
  ...[null, 'a', 7, []].map(
    (value): Case => [
      `application_credential ${JSON.stringify(value)}`,
      { application_credential: value },
      ['application_credential'],
    ],
  ),
  ...(['id', 'secret'] as const).flatMap((part) =>
    [undefined, ...NO_TEXTS].map(
      (value): Case => [
        `application_credential.${part} ${JSON.stringify(value)?.slice(0, 30)}`,
        { application_credential: { ...CREDENTIAL, [part]: value } },
        [`application_credential.${part}`],
      ],
    ),
  ),
  [
    'application_credential: an unknown field',
    { application_credential: { ...CREDENTIAL, name: 'x' } },
    ['application_credential.name'],
  ],
];

export const ADMIN_KEY_ROWS: readonly BadRequest[] = [
  ...fieldRows(
    CREATE,
    { name: 'bad-input', project_id: PROJECT },
    [
      ...WRONG_PLANS,
      ...WRONG_TIMES,
      ...WRONG_CIDRS,
      ...WRONG_ORIGINS,
      ...WRONG_REGIONS,
      ...UNKNOWN.filter(([name]) => !/^(id|key),/.test(name)),
    ],
    OPERATOR,
  ),
  jsonRow(
    'nothing but an empty object',
    CREATE,
    {},
    { status: 400, code: 'badRequest', fields: ['name'] },
    OPERATOR,
  ),
  ...fieldRows(
    CREATE,
    { name: 'bad-input', project_id: PROJECT },
    [
      ['disabled, which only a change takes', { disabled: true }],
      ['the words of the command line', { cidr: ['10.0.0.0/8'], 'expires-at': '2099-01-01T00:00:00Z' }],
      [
        'everything combined',
        { name: '', plan: 7, scopes: [], expires_at: 'x', allowed_cidrs: 'x', colour: 'blue' },
      ],
    ],
    OPERATOR,
  ),
  ...fieldRows(
    CHANGE,
    {},
    [
      ...WRONG_NAMES,
      ...WRONG_SCOPES,
      ...WRONG_PLANS,
      ...WRONG_TIMES,
      ...WRONG_CIDRS,
      ...WRONG_ORIGINS,
      ...WRONG_REGIONS,
      ...[null, 0, 1, '', 'true', 'false', [], {}].map(
        (disabled): Case => [`disabled ${JSON.stringify(disabled)}`, { disabled }],
      ),
      ['nothing to change', {}, ['body']],
      ['a valid field and an invalid one', { name: 'renamed', plan: 'platinum' }, ['plan']],
    ],
    OPERATOR,
  ),
  ...fieldRows(
    CHANGE,
    { name: 'renamed' },
    [
      ...UNKNOWN,
      ['a project', { project_id: PROJECT }],
      ['a credential', { application_credential: CREDENTIAL }],
    ],
    OPERATOR,
  ),
  ...fieldRows(
    ROTATE,
    {},
    [
      ...WRONG_OVERLAPS,
      ...WRONG_CREDENTIALS,
      ['a carried credential not given again', {}, ['application_credential']],
      ['another credential', { application_credential: CREDENTIAL }, ['application_credential']],
      ['a name', { name: 'x' }],
      ['scopes', { scopes: ['admin'] }],
      ['an unknown field', { overlap: 5 }],
      ['everything combined', { overlap_seconds: -1, application_credential: 7, colour: 'blue' }],
    ],
    OPERATOR,
  ),
  ...['0'.repeat(16), 'no-such-key'].flatMap((id) => [
    jsonRow('unknown, whatever the body', `PATCH /admin/v1/keys/${id}`, { name: 7 }, NOT_FOUND, OPERATOR),
    jsonRow('unknown, whatever the body', `POST /admin/v1/keys/${id}/rotate`, {}, NOT_FOUND, OPERATOR),
  ]),
];
