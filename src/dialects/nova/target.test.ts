import { describe, expect, test } from 'vitest';
import { hasCode } from '../../compute/errors.ts';
import { parseTarget } from './target.ts';

describe('accepted targets', () => {
  test.each([
    ['/compute/v2.1', 'compute', '/v2.1', []],
    ['/compute/v2/servers', 'compute', '/v2/servers', ['servers']],
    ['/compute/v2.1/', 'compute', '/v2.1/', []],
    [
      '/compute/v2.1/servers/detail?limit=1',
      'compute',
      '/v2.1/servers/detail?limit=1',
      ['servers', 'detail'],
    ],
    ['/compute/v2.1/servers/', 'compute', '/v2.1/servers/', ['servers']],
    [
      '/compute/v2.1/os-keypairs/my%20key',
      'compute',
      '/v2.1/os-keypairs/my%20key',
      ['os-keypairs', 'my key'],
    ],
    ['/image/v2/images', 'image', '/v2/images', ['images']],
    [
      '/networking/v2.0/ports?fields=id&fields=name',
      'network',
      '/v2.0/ports?fields=id&fields=name',
      ['ports'],
    ],
    ['/volume/v3/0123/volumes', 'volume', '/v3/0123/volumes', ['0123', 'volumes']],
    [
      '/image/v2/images/x/tags/%E5%90%8D',
      'image',
      '/v2/images/x/tags/%E5%90%8D',
      ['images', 'x', 'tags', '名'],
    ],
    // A tag holds any character but a slash.
    [
      '/networking/v2.0/networks/x/tags/a%3Bb%23c%3Fd%5Ce',
      'network',
      '/v2.0/networks/x/tags/a%3Bb%23c%3Fd%5Ce',
      ['networks', 'x', 'tags', 'a;b#c?d\\e'],
    ],
    // The quotas of no project.
    [
      '/compute/v2.1/os-quota-sets//defaults',
      'compute',
      '/v2.1/os-quota-sets//defaults',
      ['os-quota-sets', 'defaults'],
    ],
    [
      '/volume/v3/0123/os-quota-sets//defaults',
      'volume',
      '/v3/0123/os-quota-sets//defaults',
      ['0123', 'os-quota-sets', 'defaults'],
    ],
    // A query is no path.
    ['/compute/v2.1/servers?a=/../b', 'compute', '/v2.1/servers?a=/../b', ['servers']],
  ])('%s', (target, service, path, segments) => {
    expect(parseTarget(target)).toMatchObject({ service, path, segments });
  });
});

/** Below each service: whatever of these another server might read otherwise. */
const MALFORMED_PATHS = [
  '//servers',
  '/servers//x',
  '/./servers',
  '/../v2.1/servers',
  '/..',
  '/../../image/v2/images',
  '/%2e%2e/servers',
  '/.%2e/servers',
  '/%2E%2E/%2E%2E/v3/users',
  '/servers/%2e',
  '/servers%2f..%2f..%2fimage',
  '/servers/%2F',
  '/%2fservers',
  '/servers/%5c..%5c',
  '/servers\\..\\x',
  '/servers/a\\b',
  '/servers/%00',
  '/servers/x%00.json',
  '/servers/%0d%0aX-Auth-Token:%20x',
  '/servers/..;/x',
  '/servers;a=b/x',
  '/servers/%3b',
  '/servers/%252e%252e/x',
  '/servers/%252fx',
  '/servers/%25252e',
  '/servers/%',
  '/servers/%zz',
  '/servers/%c0%ae%c0%ae/x',
  '/servers/%ff',
  '/servers/é',
  '/servers/a b',
  '/servers/<x>',
  '/servers/%23x',
  '/servers/%3fall_tenants=1',
  '/servers#x',
];

describe('rejected targets', () => {
  test.each([
    '/networking/v2.0/networks/x/tags/a%2Fb',
    '/networking/v2.0/networks/x/tags/a%253Bb',
    '/networking/v2.0/networks/x/tags/a%3Bb/c',
    '/networking/v2.0/networks/tags%2Fx/a%3Bb',
    ...MALFORMED_PATHS.map((path) => `/compute/v2.1${path}`),
    ...MALFORMED_PATHS.map((path) => `/image/v2${path}`),
    ...MALFORMED_PATHS.map((path) => `/networking/v2.0${path}`),
    'http://127.0.0.1/compute/v2.1/servers',
    'https://evil.example/compute/v2.1/servers',
    '//evil.example/compute/v2.1/servers',
    '*',
    '',
    'compute/v2.1/servers',
    '/compute',
    '/compute/',
    '/compute/v2.0/servers',
    '/compute/v2.1x/servers',
    '/compute/servers',
    '/compute@evil.example/v2.1/servers',
    '/compute/@evil.example/v2.1',
    '/Compute/v2.1/servers',
    '/%63ompute/v2.1/servers',
    '/compute%2fv2.1/servers',
    '/compute/v2%2e1/servers',
    '/compute/v2.1?x=\u00e9',
    '/compute/v2.1/servers?x=a b',
    '/identity/v3/projects',
    '/placement/resource_providers',
    '/networking/v3/networks',
    '/image/v1/images',
  ])('%s', (target) => {
    let caught: unknown;
    try {
      parseTarget(target);
    } catch (error) {
      caught = error;
    }
    expect(hasCode(caught, 'not_found')).toBe(true);
  });
});
