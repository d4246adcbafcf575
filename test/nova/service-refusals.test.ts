/** Names of services and paths that no service has: all are 4xx, and nothing reaches the cloud. */

import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ALL_SERVICES } from '../../src/dialects/nova/services.ts';
import { DEFAULT_SCOPES, EVERY_SERVICE } from '../../src/scopes.ts';
import { exchange, head } from '../support/raw-http.ts';
import { type RecordedGateway, recordedGateway } from './recorded-gateway.ts';

const CLOUD = 'http://further.example';

let running: RecordedGateway;
let key: string;
beforeAll(async () => {
  running = await recordedGateway(
    { services: ALL_SERVICES },
    {
      'key-manager': `${CLOUD}:9311`,
      dns: `${CLOUD}:9001`,
      sharev2: `${CLOUD}:8786/v2`,
      orchestration: `${CLOUD}:8004/v1/%(project)s`,
      'object-store': `${CLOUD}:8080/v1/AUTH_%(project)s`,
      cloudformation: `${CLOUD}:8000/v1`,
    },
  );
  running.respond = ({ url }) => (url.startsWith(CLOUD) ? Response.json({}) : null);
  key = await running.keyOf(running.acme, undefined, [...DEFAULT_SCOPES, ...EVERY_SERVICE]);
  expect((await send('GET', '/key-manager/v1/secrets')).status).toBe(200);
});
afterAll(() => running.close());

let before: number;
beforeEach(() => {
  before = running.arrived.length;
});

const send = (method: string, target: string, host = 'gateway.example') =>
  exchange(
    running.gateway.url,
    head(
      `${method} ${target} HTTP/1.1`,
      `Host: ${host}`,
      `X-Auth-Token: ${key}`,
      'Content-Length: 0',
      'Connection: close',
    ),
  );

async function refused(method: string, target: string, host?: string) {
  const { status, body } = await send(method, target, host);
  expect(running.arrived.slice(before)).toEqual([]);
  expect(status, body).toBeGreaterThanOrEqual(400);
  expect(status, body).toBeLessThan(500);
  for (const secret of [key, CLOUD, 'sandbox.invalid']) expect(body).not.toContain(secret);
}

describe('the name of a service', () => {
  test.each([
    'Key-Manager',
    'KEY-MANAGER',
    'key_manager',
    'keymanager',
    'key-manager%20',
    '%20key-manager',
    'key%2Dmanager',
    '%6bey-manager',
    'key-manager%00',
    'key-manager%0d%0aX-Auth-Token:%20x',
    'key-manager%2f',
    'key-manager%2fv1',
    'key-manager%252f',
    'key-manager%5c',
    'key-manager;a=b',
    'key-manager,dns',
    'key-manager:9311',
    'key-manager@further.example',
    'key-manager.',
    '.key-manager',
    '*',
    '%2a',
    '{service}',
    'null',
    '__proto__',
    '%ff',
    '%zz',
    'k%C3%A9y-manager',
    'sharev2',
    'share',
    'sharev2/shared-file-system',
    'volumev3',
    'block-storage',
    'cloudformation',
    'placement',
    'a'.repeat(4_000),
  ])('%s', (name) => refused('GET', `/${name}/v1/secrets`));
});

describe('a path', () => {
  test.each([
    '/key-manager/../dns/v2/zones',
    '/key-manager/./v1/secrets',
    '/key-manager/v1/../../dns/v2/zones',
    '/key-manager/v1/..',
    '/key-manager/..',
    '/key-manager/.',
    '/key-manager/%2e%2e/dns/v2/zones',
    '/key-manager/%2E%2E/dns',
    '/key-manager/.%2e/dns',
    '/key-manager/%2e/v1',
    '/key-manager/%252e%252e/dns',
    '/key-manager/v1/%2e%2e%2fsecrets',
    '/key-manager/..%2f..%2fdns',
    '/key-manager/..%5cdns',
    '/key-manager/..\\dns',
    '/key-manager\\..\\dns',
    '//key-manager/v1/secrets',
    '/key-manager//v1/secrets',
    '/key-manager/v1//secrets',
    '/key-manager/v1/secrets//',
    '/key-manager/v1/secrets%2f1',
    '/key-manager/v1/secrets%2F..%2F..',
    '/key-manager/v1/secrets;/../..',
    '/key-manager/v1/%00',
    '/key-manager/v1/a%0d%0ab',
    '/key-manager/v1/\u00e9',
    '/key-manager/v1/secrets#/../dns',
    '/orchestration/v1/p/../q/stacks',
    '/object-store/v1/AUTH_p/../AUTH_q/c/o',
    '/object-store/v1/AUTH_p//c/o',
    '/object-store/v1/AUTH_p/c%2fo',
    '/object-store/../key-manager/v1/secrets',
    '/regions/RegionOne/key-manager/../../admin/v1/keys',
    '/regions/RegionOne//key-manager/v1/secrets',
    '/regions/../key-manager/v1/secrets',
  ])('%s', (path) => refused('DELETE', path));
});

describe('an absolute form whose authority is no valid host', () => {
  test.each([
    'http:///key-manager/v1/secrets',
    'http://key-manager/../key-manager/v1/secrets',
    'http://a@b/key-manager/v1/secrets',
    'http://a:b/key-manager/v1/secrets',
    'http://a:99999/key-manager/v1/secrets',
    'http://a%2fb/key-manager/v1/secrets',
    'http://a\\b/key-manager/v1/secrets',
    'http://[::1/key-manager/v1/secrets',
    'http://127.1/key-manager/v1/secrets',
    'http://a,b/key-manager/v1/secrets',
    'http://?/key-manager/v1/secrets',
    'http:/key-manager/v1/secrets',
    'ftp://gateway.example/key-manager/v1/secrets',
    'gateway.example/key-manager/v1/secrets',
    '*',
    'key-manager/v1/secrets',
  ])('%s', (target) => refused('GET', target));

  test.each(['', 'a b', 'a/b', 'a@b', 'a,b', 'further.example/..', '%', '127.1'])('Host: %j', (host) =>
    refused('GET', '/key-manager/v1/secrets', host),
  );
});
