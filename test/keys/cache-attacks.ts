/**
 * Ways to impersonate another caller towards a cache. `{project}`, `{user}`, `{key id}`, `{instance}`, `{keypair}`, `{group}` and
 * `{etag}` are the victim's.
 *
 * @module
 */

export interface Attack {
  readonly name: string;
  readonly method?: string;
  /** From the path of something that the victim has in the cache. */
  readonly path?: (path: string) => string;
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
}

const HEADERS: Readonly<Record<string, string>> = {
  'x-project-id': '{project}',
  'x-tenant-id': '{project}',
  'x-user-id': '{user}',
  'x-roles': 'admin,member',
  'x-identity-status': 'Confirmed',
  'x-auth-token': '{project}',
  'x-auth-key': '{key id}',
  'x-cache-key': '["application_credential","{project}",["member"],null,[]]/v1/instances',
  'x-forwarded-for': '127.0.0.1',
  'x-forwarded-host': '{project}.example.org',
  'x-forwarded-proto': 'https',
  'x-forwarded-prefix': '/{project}',
  'x-forwarded-user': '{user}',
  'x-real-ip': '127.0.0.1',
  forwarded: 'for=127.0.0.1;host={project}',
  'x-original-url': '/v1/instances/{instance}',
  'x-rewrite-url': '/v1/instances/{instance}',
  'x-http-method-override': 'GET',
  'x-http-method': 'GET',
  'x-method-override': 'GET',
  host: '{project}',
  cookie: 'project={project}; key={key id}',
  vary: '*',
  pragma: 'cache',
  'cache-control': 'only-if-cached, max-stale=31536000',
  'if-none-match': '{etag}',
  'if-match': '{etag}',
  'if-range': '{etag}',
  'if-modified-since': 'Thu, 01 Jan 2099 00:00:00 GMT',
  range: 'bytes=0-4000',
  accept: 'text/html',
  'accept-encoding': 'identity, *;q=0',
  'content-type': 'application/json; project={project}',
  'x-openstack-request-id': 'req-{project}',
  'x-request-id': '{project}',
  'openstack-api-version': 'compute 2.1',
  authorization: 'Bearer ln_{key id}_0000000000000000000000000000000000000000',
};

const PATHS: readonly (readonly [name: string, (path: string) => string])[] = [
  ['a query of another project', (path) => `${path}?project_id={project}`],
  ['the name of the older services', (path) => `${path}?tenant_id={project}`],
  ['a key in the query', (path) => `${path}?api_key={key id}&x-api-key={key id}`],
  ['a parameter twice', (path) => `${path}?limit=1000&limit=1`],
  ['every project, by a word that is no', (path) => `${path}?all_tenants=0`],
  ['every project', (path) => `${path}?all_tenants=1`],
  ['a query that is empty', (path) => `${path}?`],
  ['a query of nothing but marks', (path) => `${path}?&&=&`],
  ['a fragment', (path) => `${path}#{project}`],
  ['a slash at the end', (path) => `${path}/`],
  ['two slashes at the end', (path) => `${path}//`],
  ['two slashes at the beginning', (path) => `/${path}`],
  [
    'the end of the key before it',
    (path) => `/["application_credential","{project}",["member"],null,[]]${path}`,
  ],
  ['the same, encoded', (path) => `/%5B%22application_credential%22%2C%22{project}%22%5D${path}`],
  ['a key after it', (path) => `${path}%0A["application_credential","{project}",[],null,[]]/v1/instances`],
  ['a space after it', (path) => `${path}%20`],
  ['a zero after it', (path) => `${path}%00`],
  ['an encoded question', (path) => `${path}%3Flimit=1`],
  ['capital letters', (path) => path.toUpperCase()],
  ['a letter encoded', (path) => path.replace('/v1/', '/%761/')],
  ['a letter encoded twice', (path) => path.replace('/v1/', '/%25761/')],
  ['its slashes encoded', (path) => `/${path.slice(1).replaceAll('/', '%2F')}`],
  ['its slashes encoded twice', (path) => `/${path.slice(1).replaceAll('/', '%252F')}`],
  ['its slashes the other way', (path) => `/${path.slice(1).replaceAll('/', '%5C')}`],
  ['a way up', (path) => `/v1/keypairs/..${path.replace('/v1', '')}`],
  ['an encoded way up', (path) => `/v1/keypairs/%2e%2e${path.replace('/v1', '')}`],
  ['a matrix parameter', (path) => `${path};project={project}`],
  ['an absolute form', (path) => `http://{project}${path}`],
  ['an absolute form with user information', (path) => `http://{project}:{key id}@127.0.0.1${path}`],
];

export const ATTACKS: readonly Attack[] = [
  { name: 'nothing special' },
  ...Object.entries(HEADERS).map(([name, value]) => ({
    name: `${name}: ${value}`,
    headers: { [name]: value },
  })),
  ...PATHS.map(([name, path]) => ({ name, path })),
  { name: 'several tags', headers: { 'if-none-match': ['"x"', '{etag}'] } },
  { name: 'a strong tag', headers: { 'if-none-match': '{strong etag}' } },
  { name: 'all of it', headers: HEADERS },
  { name: 'HEAD with a tag', method: 'HEAD', headers: { 'if-none-match': '{etag}' } },
  { name: 'a POST that says it is a GET', method: 'POST', headers: { 'x-http-method-override': 'GET' } },
  { name: 'a method that is none', method: 'PURGE' },
  { name: 'OPTIONS', method: 'OPTIONS' },
];
