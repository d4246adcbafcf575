/**
 * Attempts with a valid key to reach another service, version or project.
 *
 * @module
 */

/** Below a service's version, as bytes on the wire (Latin-1). */
const MALFORMED_PATHS: readonly string[] = [
  '//servers',
  '/servers//detail',
  '/./servers',
  '/../v2.1/servers',
  '/..',
  '/../../image/v2/images',
  '/%2e%2e/servers',
  '/.%2e/servers',
  '/%2E%2E/%2E%2E/identity/v3/users',
  '/servers/..',
  '/servers/%2e',
  '/servers%2f..%2f..%2fimage',
  '/servers/%2F',
  '/%2fservers',
  '/servers/%5c..%5c..',
  '/servers\\..\\..\\image',
  '/servers/%00',
  '/servers/\\x',
  '/servers/x%00.json',
  '/servers/%0d%0aX-Auth-Token:%20x',
  '/servers/..;/detail',
  '/servers;a=b/detail',
  '/servers/%3b',
  '/servers/%252e%252e/detail',
  '/servers/%252f',
  '/servers/%',
  '/servers/%zz',
  '/servers/%c0%ae%c0%ae/detail',
  '/servers/%ff',
  '/servers/\xfc',
  '/servers/%23',
  '/servers/%3fall_tenants=1',
];

const VERSIONS = ['/compute/v2.1', '/compute/v2', '/image/v2', '/networking/v2.0', '/volume/v3'] as const;

/** Would reach a resource in the cloud if parsed carelessly. */
const ELSEWHERE: readonly string[] = [
  '//sandbox.invalid/compute/v2.1/servers',
  '/compute/http://sandbox.invalid/identity/v3/users',
  '/compute/v2.1@sandbox.invalid/servers',
  '/compute@sandbox.invalid/v2.1/servers',
  '/compute:80/v2.1/servers',
  '/compute/servers',
  '/compute/v2.2/servers',
  '/compute/v3/servers',
  '/compute/v2.1x/servers',
  '/computex/v2.1/servers',
  '/Compute/v2.1/servers',
  '/COMPUTE/V2.1/servers',
  '/%63ompute/v2.1/servers',
  '/compute%2fv2.1/servers',
  '/compute/v2%2e1/servers',
  '/compute/v2.1/../../identity/v3/users',
  '/image/v1/images',
  '/image/v3/images',
  '/networking/v2.1/networks',
  '/networking/extensions',
  '/volume/v2/volumes',
  '/placement/resource_providers',
  '/identity/v3/users',
  '/identity/v3/credentials',
  '/identity/v3/ec2tokens',
  '/identity/v3/OS-OAUTH2/token',
  '/identity/v3/auth/OS-FEDERATION/saml2',
  '/identity/v3/OS-FEDERATION/identity_providers/x/protocols/y/auth',
  '/identity/v3//users',
  '/identity/v3/users%2fx',
  '/identity/v3/auth/tokens/../users',
  '/identity/v3/users/%2e%2e/roles',
  '/identity/v2.0/tokens',
];

export const PATHS: readonly string[] = [
  ...VERSIONS.flatMap((version) => MALFORMED_PATHS.map((path) => version + path)),
  ...ELSEWHERE,
];

/** Headers that proxies set and some services trust. `{...}`: of globex. */
export const FORGED: Readonly<Record<string, string>> = {
  'x-forwarded-for': '127.0.0.1',
  'x-forwarded-host': 'evil.example',
  'x-forwarded-proto': 'https',
  'x-forwarded-prefix': '/identity',
  'x-original-url': '/compute/v2.1/os-hypervisors',
  'x-rewrite-url': '/compute/v2.1/os-hypervisors',
  'x-http-method-override': 'DELETE',
  'x-http-method': 'DELETE',
  'x-method-override': 'DELETE',
  forwarded: 'for=127.0.0.1;host=evil.example',
  'x-real-ip': '127.0.0.1',
  'x-identity-status': 'Confirmed',
  'x-service-identity-status': 'Confirmed',
  'x-service-token': '{token}',
  'x-subject-token': '{token}',
  'x-user-id': '{user}',
  'x-user': '{user}',
  'x-project-id': '{project}',
  'x-tenant-id': '{project}',
  'x-tenant': '{project}',
  'x-roles': 'admin',
  'x-role': 'admin',
  'x-is-admin-project': 'True',
  'x-service-roles': 'admin',
  'x-domain-id': 'default',
  'openstack-system-scope': 'all',
  cookie: 'token={token}',
};

export interface RawAttack {
  readonly name: string;
  readonly bytes: string;
  /** null: the connection may be closed without a response. */
  readonly statuses: readonly (number | null)[];
}

const HOST = 'Host: gateway.example';
const KEY = 'X-Auth-Token: {key}';
const SERVERS = '/compute/v2.1/servers';
const INNER = `GET /compute/v2.1/os-hypervisors HTTP/1.1\r\n${HOST}\r\n\r\n`;
const POST = `POST ${SERVERS} HTTP/1.1\r\n${HOST}\r\n${KEY}\r\nContent-Type: application/json\r\n`;
const REFUSED = [400, null];

/** A request within another, or one whose end two parsers place differently. */
export const SMUGGLED: readonly RawAttack[] = [
  {
    name: 'a length and chunks',
    bytes: `${POST}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${INNER}`,
    statuses: REFUSED,
  },
  {
    name: 'chunks and a length',
    bytes: `${POST}Transfer-Encoding: chunked\r\nContent-Length: ${INNER.length}\r\n\r\n${INNER}`,
    statuses: REFUSED,
  },
  {
    name: 'two lengths',
    bytes: `${POST}Content-Length: 0\r\nContent-Length: ${INNER.length}\r\n\r\n${INNER}`,
    statuses: REFUSED,
  },
  {
    name: 'chunks that are not the last encoding',
    bytes: `${POST}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n${INNER}`,
    statuses: [400, 501, null],
  },
  {
    name: 'an encoding with a space before its colon',
    bytes: `${POST}Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n${INNER}`,
    statuses: REFUSED,
  },
  {
    name: 'an encoding folded over two lines',
    bytes: `${POST}Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n${INNER}`,
    statuses: [400, 501, null],
  },
  {
    name: 'a chunk size that runs over',
    bytes: `${POST}Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n${INNER}`,
    statuses: REFUSED,
  },
  {
    name: 'a chunk with a bare line feed',
    bytes: `${POST}Transfer-Encoding: chunked\r\n\r\n5\nhello\n0\n\n${INNER}`,
    statuses: REFUSED,
  },
  {
    name: 'a request line within a header',
    bytes: `GET ${SERVERS} HTTP/1.1\r\n${HOST}\r\nX-Auth-Token: bad\nX-Auth-Token: {key}\r\n\r\n`,
    statuses: [400, 401, null],
  },
  {
    name: 'two tokens',
    bytes: `GET ${SERVERS} HTTP/1.1\r\n${HOST}\r\n${KEY}\r\nX-Auth-Token: {other}\r\nConnection: close\r\n\r\n`,
    statuses: [400, 401],
  },
  {
    name: 'an absolute target with a user',
    bytes: `GET http://a:b@gateway.example${SERVERS} HTTP/1.1\r\n${HOST}\r\n${KEY}\r\nConnection: close\r\n\r\n`,
    statuses: [400, 404],
  },
  {
    name: 'a target with a null byte',
    bytes: `GET ${SERVERS}/\0 HTTP/1.1\r\n${HOST}\r\n${KEY}\r\nConnection: close\r\n\r\n`,
    statuses: REFUSED,
  },
  {
    name: 'a target with a space',
    bytes: `GET ${SERVERS} /../identity HTTP/1.1\r\n${HOST}\r\n${KEY}\r\nConnection: close\r\n\r\n`,
    statuses: REFUSED,
  },
  {
    name: 'CONNECT to the cloud',
    bytes: `CONNECT sandbox.invalid:80 HTTP/1.1\r\nHost: sandbox.invalid:80\r\n${KEY}\r\n\r\n`,
    statuses: [400, 404, 405, null],
  },
  {
    name: 'TRACE',
    bytes: `TRACE ${SERVERS} HTTP/1.1\r\n${HOST}\r\n${KEY}\r\nConnection: close\r\n\r\n`,
    statuses: [400, 405, 501, null],
  },
];
