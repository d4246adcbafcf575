import { ROUTES } from '../../src/openapi/routes.ts';
import { changedBody } from './bodies.ts';
import type { Random } from './random.ts';

/** A request as bytes on the wire, in Latin-1. */
export interface FuzzedRequest {
  readonly text: string;
  readonly method: string;
}

/** Valid credentials and existing ids for the requests. */
export interface Known {
  readonly host: string;
  readonly key: string;
  readonly adminToken: string;
  /** A key that requests may revoke. */
  readonly victimId: string;
  readonly ids: readonly [string, ...string[]];
}

const METHODS = [
  'GET',
  'GET',
  'POST',
  'POST',
  'PUT',
  'PATCH',
  'DELETE',
  'HEAD',
  'OPTIONS',
  'TRACE',
  'COPY',
  'get',
] as const;
const NOVA = [
  '/identity/v3',
  '/identity/v3/auth/tokens',
  '/identity/v3/auth/catalog',
  '/identity/v3/auth/projects',
  '/identity/v3/projects',
  '/identity/v3/users/{id}',
  '/compute',
  '/compute/v2.1',
  '/compute/v2.1/servers',
  '/compute/v2.1/servers/detail',
  '/compute/v2.1/servers/{id}',
  '/compute/v2.1/servers/{id}/action',
  '/compute/v2.1/servers/{id}/metadata',
  '/compute/v2.1/servers/{id}/metadata/k',
  '/compute/v2.1/servers/{id}/ips',
  '/compute/v2.1/servers/{id}/os-interface',
  '/compute/v2.1/flavors',
  '/compute/v2.1/flavors/detail',
  '/compute/v2.1/images',
  '/compute/v2.1/os-keypairs',
  '/compute/v2.1/os-keypairs/{id}',
  '/compute/v2.1/os-server-groups',
  '/compute/v2.1/os-quota-sets/{id}',
  '/compute/v2.1/limits',
  '/image/v2/images',
  '/image/v2/images/{id}',
  '/image/v2/images/{id}/file',
  '/image/v2/images/{id}/tags/t',
  '/networking/v2.0',
  '/networking/v2.0/networks',
  '/networking/v2.0/networks/{id}',
  '/networking/v2.0/ports',
  '/networking/v2.0/ports/{id}',
  '/networking/v2.0/subnets',
  '/networking/v2.0/routers',
  '/networking/v2.0/floatingips',
  '/networking/v2.0/floatingips/{id}',
  '/networking/v2.0/security-groups',
  '/networking/v2.0/security-groups/{id}',
  '/networking/v2.0/security-group-rules',
  '/networking/v2.0/quotas/{id}',
  '/networking/v2.0/auto-allocated-topology/{id}',
  '/volume/v3/volumes',
] as const;
const OTHER = [
  '/',
  '/console',
  '/console/session',
  '/console/usage',
  '/console/src/client/index.js',
  '/docs',
  '/docs/start.js',
  '/openapi.json',
  '/metrics',
  '/metrics/',
  '/healthz',
  '/readyz',
  '/favicon.ico',
  '*',
] as const;
/** Targets with their method, so that many requests pass the router. */
const REDU = ROUTES.map(({ method, path }) => `${method} ${path}`);
const PLAIN = [...NOVA, ...OTHER].map((path) => `GET ${path}`);
const TARGETS = [...REDU, ...REDU, ...PLAIN, ...NOVA.map((path) => `POST ${path}`)] as unknown as readonly [
  string,
  ...string[],
];

const PARAMETERS = [
  'limit',
  'marker',
  'cursor',
  'status',
  'name',
  'all_tenants',
  'detail',
  'fields',
  'sort_key',
  'changes-since',
  '_method',
  'family',
  'action',
  'key_id',
] as const;
const MEMBERS = [
  'name',
  'flavor_id',
  'image_id',
  'networks',
  'metadata',
  'user_data',
  'action',
  'type',
  'public_key',
  'direction',
  'protocol',
  'port',
  'cidr',
  'policy',
  'scopes',
  'plan',
  'expires_at',
  'allowed_cidrs',
  'allowed_origins',
  'server',
  'auth',
  'identity',
  'methods',
  'password',
  'user',
  'scope',
  'security_group',
  'security_group_rule',
  'floatingip',
  'port_id',
  'keypair',
  'os-stop',
  'reboot',
  'api_key',
  'admin_token',
  'application_credential',
  '__proto__',
  'constructor',
] as const;
const HEADERS = [
  'Accept',
  'Accept-Encoding',
  'Accept-Language',
  'Authorization',
  'Cache-Control',
  'Connection',
  'Content-Encoding',
  'Content-Length',
  'Content-Type',
  'Cookie',
  'Date',
  'Expect',
  'Forwarded',
  'Host',
  'Idempotency-Key',
  'If-Match',
  'If-Modified-Since',
  'If-None-Match',
  'Last-Event-ID',
  'OpenStack-API-Version',
  'Origin',
  'Access-Control-Request-Method',
  'Range',
  'Referer',
  'Sec-Fetch-Site',
  'TE',
  'Trailer',
  'Transfer-Encoding',
  'Upgrade',
  'X-Api-Key',
  'X-Auth-Token',
  'X-Subject-Token',
  'X-Forwarded-For',
  'X-Forwarded-Host',
  'X-Forwarded-Proto',
  'X-HTTP-Method-Override',
  'X-Linguanova-Console',
  'X-OpenStack-Nova-API-Version',
  'X-Request-Id',
] as const;
const VALUES = [
  '',
  '*',
  '0',
  '1',
  '-1',
  '1e309',
  'true',
  'null',
  'W/"x", "y"',
  '"x',
  'bytes=0-1',
  'chunked',
  'gzip',
  'close',
  'keep-alive, upgrade',
  '100-continue',
  'application/json',
  'application/x-www-form-urlencoded',
  'multipart/form-data; boundary=x',
  'text/plain; charset=utf-7',
  'application/json; charset="',
  'compute 2.1',
  'compute 9.99',
  'compute latest',
  'Bearer ',
  'same-origin',
  'null, null',
  'https://app.example.org',
  '127.0.0.1, ::1, a::b::c',
  '1.2.3.4.5',
  'a/metrics?',
  'Thu, 01 Jan 1970 00:00:00 GMT',
] as const;

export function fuzzedRequest(random: Random, known: Known): FuzzedRequest {
  if (random.oneIn(40)) return { text: `${random.text(200)}\r\n\r\n`, method: '' };
  const [usual = 'GET', path = '/'] = random.pick(TARGETS).split(' ');
  const method = random.oneIn(60) ? random.text(8, 0x7e) : random.oneIn(3) ? random.pick(METHODS) : usual;
  const body = bodyOf(random, known, `${method} ${path}`);
  const target = targetOf(random, known, path);
  const lines = [`${method} ${target} ${versionOf(random)}`, ...headerLines(random, known, body)];
  let text = `${lines.join('\r\n')}\r\n\r\n${body ?? ''}`;
  if (random.oneIn(30)) text = withNoise(random, text);
  return { text, method };
}

function versionOf(random: Random): string {
  return random.oneIn(60)
    ? random.pick(['HTTP/1.0', 'HTTP/2.0', 'HTTP/0.9', 'HTTP/1.1 ', 'http/1.1'])
    : 'HTTP/1.1';
}

function targetOf(random: Random, known: Known, pattern: string): string {
  let path = pattern.replaceAll(/\{\w+\}/g, () => segment(random, known));
  if (random.oneIn(12)) path = mutatedPath(random, path);
  const parameters = Array.from({ length: random.oneIn(4) ? 1 + random.below(3) : 0 }, () => {
    const name = random.oneIn(4) ? escaped(random, random.text(12)) : random.pick(PARAMETERS);
    return `${name}=${escaped(random, value(random, known))}`;
  });
  const query = parameters.length === 0 ? '' : `?${parameters.join(random.oneIn(9) ? ';' : '&')}`;
  const origin = random.oneIn(50)
    ? random.pick([`http://${known.host}`, 'http://evil.example', 'http://', '//'])
    : '';
  return `${origin}${path}${query}`;
}

function segment(random: Random, known: Known): string {
  if (random.oneIn(5)) return escaped(random, random.text(20));
  return random.oneIn(5) ? known.victimId : random.pick(known.ids);
}

function mutatedPath(random: Random, path: string): string {
  const at = random.below(path.length + 1);
  const inserted = random.pick([
    '/',
    '//',
    '/.',
    '/..',
    '%2e',
    '%00',
    '%ff',
    '%',
    ';x',
    '\\',
    '{',
    '#',
    '.json',
    'é',
    '_',
    '-',
  ]);
  return path.slice(0, at) + inserted + path.slice(random.oneIn(4) ? at + 1 : at);
}

/** Usually a valid escape, sometimes the raw character. */
function escaped(random: Random, text: string): string {
  if (random.oneIn(8)) return text.replaceAll(/[\s\0]/g, '+');
  return Array.from(text, (character) =>
    /[\w.~-]/.test(character)
      ? character
      : `%${character.charCodeAt(0).toString(16).padStart(2, '0').slice(-2)}`,
  ).join('');
}

function value(random: Random, known: Known): string {
  return random.pick([random.text(30), random.pick(VALUES), random.pick(known.ids), 'ACTIVE', '(a+)+$', '[']);
}

function headerLines(random: Random, known: Known, body: string | null): string[] {
  const lines = random.oneIn(100) ? [] : [`Host: ${known.host}`];
  // Failed authentications are limited by address: spread them.
  lines.push(`X-Forwarded-For: 192.0.2.${random.below(256)}`);
  const credential = random.below(10);
  if (credential < 7) lines.push(`x-api-key: ${known.key}`);
  else if (credential < 8) lines.push(`X-Auth-Token: ${known.key}`);
  else if (credential < 9)
    lines.push(`Authorization: Bearer ${random.oneIn(2) ? known.adminToken : known.key}`);
  if (body !== null) {
    if (!random.oneIn(10)) lines.push('Content-Type: application/json');
    if (!random.oneIn(60)) lines.push(`Content-Length: ${body.length}`);
  }
  for (let count = random.oneIn(3) ? random.below(4) : 0; count > 0; count--) {
    const name = random.oneIn(15) ? random.text(10, 0x7e).replaceAll(/[\r\n:]/g, '') : random.pick(HEADERS);
    const text = random.oneIn(3) ? random.text(40).replaceAll(/[\r\n]/g, '') : random.pick(VALUES);
    lines.push(`${name}: ${text}`);
  }
  if (random.oneIn(4)) lines.push('Connection: close');
  return lines;
}

function bodyOf(random: Random, known: Known, route: string): string | null {
  if (/^(?:GET|HEAD|OPTIONS) /.test(route) && !random.oneIn(20)) return null;
  const valid = random.oneIn(4) ? null : changedBody(random, route, () => json(random, known, 2));
  if (valid !== null) return Buffer.from(valid).toString('latin1');
  switch (random.below(10)) {
    case 0:
      return null;
    case 1:
      return random.text(300);
    case 2:
      return random.pick([
        '',
        '{',
        '[]',
        'null',
        '""',
        '{"a":1e999}',
        '{"a":"\\ud800"}',
        '_method=DELETE&x=y',
        `${'['.repeat(5_000)}`,
      ]);
    default:
      return Buffer.from(JSON.stringify(json(random, known, 0))).toString('latin1');
  }
}

function json(random: Random, known: Known, depth: number): unknown {
  if (depth === 0 || (depth < 4 && random.oneIn(4))) {
    const members = Array.from({ length: 1 + random.below(5) }, () => [
      random.oneIn(12) ? random.text(10, 0xffff) : random.pick(MEMBERS),
      json(random, known, depth + 1),
    ]);
    return Object.fromEntries(members);
  }
  switch (random.below(12)) {
    case 0:
      return null;
    case 1:
      return random.oneIn(2);
    case 2:
      return random.pick([0, -1, 22, 65_536, 1.5, 1e21, Number.MAX_SAFE_INTEGER]);
    case 3:
      return Array.from({ length: random.below(4) }, () => json(random, known, depth + 1));
    case 4:
      return random.text(60, 0xffff);
    case 5:
      return 'x'.repeat(random.pick([255, 256, 70_000]));
    case 6:
      return random.pick(known.ids);
    default:
      return random.pick([
        'web',
        'm1.tiny',
        'ubuntu-22.04-amd64',
        'default',
        'tcp',
        'ingress',
        'start',
        'true',
        '80-90',
        '2030-01-01T00:00:00Z',
      ]);
  }
}

/** Flips, drops or duplicates some bytes. */
function withNoise(random: Random, text: string): string {
  let noisy = text;
  for (let count = 1 + random.below(4); count > 0; count--) {
    const at = random.below(noisy.length);
    const middle = random.pick(['', noisy.slice(at, at + 9).repeat(2), random.text(3), '\r\n', '\n', '\0']);
    noisy = noisy.slice(0, at) + middle + noisy.slice(at + 1);
  }
  return noisy;
}
