import { formatKey } from '../../src/access/key-format.ts';
import { type BadRequest, ID, NO_KEY, row, UNAUTHORIZED } from './row.ts';

/** Well-formed, with a valid checksum, but unknown to the gateway. */
const STRANGERS_KEY = formatKey({ id: '0'.repeat(16), secret: '0'.repeat(33) });

const KEYS: readonly (readonly [string, string])[] = [
  ['an empty key', ''],
  ['a blank key', '   '],
  ['garbage', 'garbage'],
  ['the placeholder of the documentation', 'YOUR_API_KEY'],
  ['a key of another kind', 'sk_live_4eC39HqLyjWDarjtT1zdp7dc'],
  ['the prefix alone', 'ln_'],
  ['a wrong checksum', `ln_0123456789abcdef_${'0'.repeat(39)}`],
  ['a key with a character too many', `${STRANGERS_KEY}0`],
  ['a key with a character too few', STRANGERS_KEY.slice(0, -1)],
  ['a key with capitals in its id', STRANGERS_KEY.toUpperCase()],
  ['an unknown key', STRANGERS_KEY],
  ['a key in quotes', `"${STRANGERS_KEY}"`],
  ['a very long key', `ln_${'a'.repeat(8000)}`],
  ['a JSON object', '{"key":"x"}'],
  ['an injection', "' OR '1'='1"],
  ['bytes above ASCII', 'ln_\u00fc\u00f6\u00e4'],
  ['a relative path', '../../etc/passwd'],
  ['two keys in one header', `${STRANGERS_KEY}, ${STRANGERS_KEY}`],
];

const AUTHORIZATIONS: readonly (readonly [string, string])[] = [
  ['another scheme', 'Basic bG46eA=='],
  ['a scheme without a token', 'Bearer'],
  ['a blank token', 'Bearer   '],
  ['garbage', 'Bearer garbage'],
  ['the scheme twice', 'Bearer Bearer garbage'],
  ['a key without a scheme', STRANGERS_KEY],
  ['an unknown key', `Bearer ${STRANGERS_KEY}`],
  ['a JSON Web Token', 'Bearer eyJhbGciOiJub25lIn0.eyJzdWIiOiJhZG1pbiJ9.'],
];

/** Rows above whose header is not parsed as a key. */
const WITHOUT_KEY: ReadonlySet<string> = new Set([
  'an empty key',
  'a blank key',
  'another scheme',
  'a scheme without a token',
  'a blank token',
  'the scheme twice',
  'a key without a scheme',
]);
const refusalOf = (name: string) => (WITHOUT_KEY.has(name) ? NO_KEY : UNAUTHORIZED);

const LIST = 'GET /v1/instances';

/** Every kind of route authenticates before anything else. */
const AUTHENTICATED_ROUTES = [
  'GET /v1/me',
  'POST /v1/instances',
  `GET /v1/instances/${ID}`,
  `PATCH /v1/instances/${ID}`,
  `DELETE /v1/instances/${ID}`,
  `POST /v1/instances/${ID}/actions`,
  'GET /v1/flavors',
  'POST /v1/keypairs',
  'GET /v1/hypervisors',
  'GET /v1/no-such-thing',
  'PUT /v1/instances',
  'GET /v1',
  'GET /cloud/v1/me',
  'GET /cloud/v1/compute/instances/list',
  'POST /cloud/v1/compute/instances/create',
  'GET /cloud/v1/no-such-thing',
];

export const AUTH_ROWS: readonly BadRequest[] = [
  ...AUTHENTICATED_ROUTES.map((route) => row('no key', route, NO_KEY, { from: 'anonymous' })),
  ...KEYS.map(([name, key]) =>
    row(`x-api-key: ${name}`, LIST, refusalOf(name), { from: 'anonymous', headers: { 'x-api-key': key } }),
  ),
  ...AUTHORIZATIONS.map(([name, authorization]) =>
    row(`authorization: ${name}`, LIST, refusalOf(name), { from: 'anonymous', headers: { authorization } }),
  ),
  row('a wrong x-api-key with a valid key in another header', LIST, UNAUTHORIZED, {
    from: 'anonymous',
    headers: { 'x-api-key': 'garbage', authorization: 'Bearer {key}' },
  }),
  row('a valid key, then a wrong one', LIST, UNAUTHORIZED, {
    from: 'anonymous',
    headers: { 'x-api-key': ['{key}', 'garbage'] },
  }),
  row('a valid key followed by a character', LIST, UNAUTHORIZED, {
    from: 'anonymous',
    headers: { 'x-api-key': '{key}!' },
  }),
  row('a valid id with a wrong secret', LIST, UNAUTHORIZED, {
    from: 'anonymous',
    headers: { 'x-api-key': '{wrong secret}' },
  }),
  row('a valid key as user name', LIST, NO_KEY, {
    from: 'anonymous',
    headers: { authorization: 'Basic {key}' },
  }),
  row('a valid key in X-Auth-Token', LIST, NO_KEY, {
    from: 'anonymous',
    headers: { 'x-auth-token': '{key}' },
  }),
  row('a valid key in a cookie', LIST, NO_KEY, {
    from: 'anonymous',
    headers: { cookie: 'x-api-key={key}' },
  }),
  ...['x-api-key', 'api_key', 'key', 'access_token'].map((parameter) =>
    row('a valid key in the query string', `${LIST}?${parameter}={key}`, NO_KEY, { from: 'anonymous' }),
  ),
  row("the operator's token", LIST, UNAUTHORIZED, { from: 'operator' }),
];
