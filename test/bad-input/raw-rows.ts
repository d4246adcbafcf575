/**
 * Requests that no HTTP library sends, as bytes on the wire. `{key}` is a customer's key.
 *
 * @module
 */

export interface RawRequest {
  readonly name: string;
  readonly bytes: string;
  /** Allowed statuses; null: the connection may be closed without a response. */
  readonly statuses: readonly (number | null)[];
  /** Disconnects after sending. */
  readonly hangUp?: true;
}

const HOST = 'Host: gateway.example';
const KEY = 'x-api-key: {key}';
const CREATE = `POST /v1/instances HTTP/1.1\r\n${HOST}\r\n${KEY}\r\nContent-Type: application/json\r\n`;
const BODY = '{"name":"raw"}';

/** Rejected by the HTTP layer. */
const REFUSED = [400, null];

function request(...lines: string[]): string {
  return `${lines.join('\r\n')}\r\nConnection: close\r\n\r\n`;
}

export const RAW_REQUESTS: readonly RawRequest[] = [
  {
    name: 'an absolute target without a key',
    bytes: request('GET http://evil.example/v1/instances HTTP/1.1', HOST),
    statuses: [400, 401],
  },
  {
    name: 'an absolute target to nowhere',
    bytes: request('GET http://evil.example/nope HTTP/1.1', HOST, KEY),
    statuses: [400, 404],
  },
  {
    name: 'an absolute target of another scheme',
    bytes: request('GET file:///etc/passwd HTTP/1.1', HOST, KEY),
    statuses: [400, 404],
  },
  {
    name: 'a target without a slash',
    bytes: request('GET v1/me HTTP/1.1', HOST),
    statuses: [400, 401, 404, null],
  },
  { name: 'the target *', bytes: request('OPTIONS * HTTP/1.1', HOST, KEY), statuses: [400, 404, 405, null] },
  {
    name: 'a target with a space',
    bytes: request('GET /v1/instances x HTTP/1.1', HOST, KEY),
    statuses: REFUSED,
  },
  {
    name: 'a target with a backslash',
    bytes: request('GET /v1\\instances\\x HTTP/1.1', HOST, KEY),
    statuses: [400, 404],
  },
  {
    name: 'a target with raw UTF-8',
    bytes: request('GET /v1/instances/\u00fc HTTP/1.1', HOST, KEY),
    statuses: [400, 404, null],
  },
  {
    name: 'a target with a null byte',
    bytes: request('GET /v1/\0 HTTP/1.1', HOST, KEY),
    statuses: REFUSED,
  },
  {
    name: 'a target of 20,000 characters',
    bytes: request(`GET /v1/${'a'.repeat(20_000)} HTTP/1.1`, HOST, KEY),
    statuses: [404, 414, 431, null],
  },
  { name: 'an unknown method', bytes: request('FETCH /v1/me HTTP/1.1', HOST, KEY), statuses: REFUSED },
  { name: 'TRACE', bytes: request('TRACE /v1/me HTTP/1.1', HOST, KEY), statuses: [400, 405, 501, null] },
  {
    name: 'CONNECT',
    bytes: request('CONNECT evil.example:443 HTTP/1.1', 'Host: evil.example:443', KEY),
    statuses: [400, 405, null],
  },
  { name: 'no version', bytes: 'GET /v1/me\r\n\r\n', statuses: REFUSED },
  { name: 'HTTP/3.0 in text', bytes: request('GET /v1/me HTTP/3.0', HOST), statuses: [400, 505, null] },
  {
    name: 'unsolicited HTTP/2',
    bytes: 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
    statuses: [400, 505, null],
  },
  { name: 'TLS', bytes: '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03', statuses: REFUSED, hangUp: true },
  { name: 'no host', bytes: request('GET /v1/me HTTP/1.1', KEY), statuses: REFUSED },
  {
    name: 'two hosts',
    bytes: request('GET /v1/nope HTTP/1.1', HOST, 'Host: evil.example', KEY),
    statuses: [400, 404, null],
  },
  {
    name: 'a host that is none',
    bytes: request('GET /v1/nope HTTP/1.1', 'Host: a b/../?#', KEY),
    statuses: [400, 404, null],
  },
  {
    name: 'an empty host',
    bytes: request('GET /v1/nope HTTP/1.1', 'Host:', KEY),
    statuses: [400, 404, null],
  },
  {
    name: 'a header name with a space',
    bytes: request('GET /v1/me HTTP/1.1', HOST, 'x-api-key : {key}'),
    statuses: REFUSED,
  },
  {
    name: 'a header without a colon',
    bytes: request('GET /v1/me HTTP/1.1', HOST, 'nonsense'),
    statuses: REFUSED,
  },
  {
    name: 'a null byte in a header',
    bytes: request('GET /v1/me HTTP/1.1', HOST, 'x-api-key: {key}\0'),
    statuses: REFUSED,
  },
  {
    name: 'a header folded over two lines',
    bytes: request('GET /v1/me HTTP/1.1', HOST, 'x-api-key: ln_', ' garbage'),
    statuses: [400, 401, null],
  },
  {
    name: 'a header too large',
    bytes: request('GET /v1/me HTTP/1.1', HOST, `x-api-key: ${'a'.repeat(70_000)}`),
    statuses: [401, 431, null],
  },
  {
    name: '5,000 headers',
    bytes: request('GET /v1/me HTTP/1.1', HOST, ...Array.from({ length: 5_000 }, (_, n) => `x-${n}: 1`)),
    statuses: [401, 431, null],
  },
  {
    name: 'both a length and chunks',
    bytes: `${CREATE}Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /v1/me HTTP/1.1\r\n\r\n`,
    statuses: REFUSED,
  },
  {
    name: 'two lengths',
    bytes: `${CREATE}Content-Length: ${BODY.length}\r\nContent-Length: 3\r\n\r\n${BODY}`,
    statuses: REFUSED,
  },
  { name: 'a negative length', bytes: `${CREATE}Content-Length: -5\r\n\r\n${BODY}`, statuses: REFUSED },
  { name: 'a length in words', bytes: `${CREATE}Content-Length: many\r\n\r\n${BODY}`, statuses: REFUSED },
  {
    name: 'an unknown transfer encoding',
    bytes: `${CREATE}Transfer-Encoding: xchunked\r\n\r\n${BODY}`,
    statuses: [400, 501, null],
  },
  {
    name: 'a chunk size that is none',
    bytes: `${CREATE}Transfer-Encoding: chunked\r\n\r\nzz\r\n${BODY}\r\n0\r\n\r\n`,
    statuses: REFUSED,
  },
  {
    name: 'a length over 1 MiB, announced and never sent',
    bytes: `${CREATE}Content-Length: 99999999\r\n\r\n`,
    statuses: [413],
  },
  {
    name: 'half a body, then nothing',
    bytes: `${CREATE}Content-Length: 500\r\n\r\n${BODY}`,
    statuses: [400, null],
    hangUp: true,
  },
  {
    name: 'half a chunk, then nothing',
    bytes: `${CREATE}Transfer-Encoding: chunked\r\n\r\nff\r\n${BODY}`,
    statuses: [400, null],
    hangUp: true,
  },
  { name: 'half a head, then nothing', bytes: 'POST /v1/inst', statuses: [400, null], hangUp: true },
  {
    name: 'an unsupported expectation',
    bytes: request('GET /v1/nope HTTP/1.1', HOST, KEY, 'Expect: the-unexpected'),
    statuses: [404, 417],
  },
  {
    name: 'another protocol',
    bytes: `GET /v1/nope HTTP/1.1\r\n${HOST}\r\n${KEY}\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n`,
    statuses: [400, 404, 426, null],
    hangUp: true,
  },
];
