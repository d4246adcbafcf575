import { describe, expect, test } from 'vitest';
import { ALL_SERVICES, DEFAULT_SERVICES } from '../dialects/nova/services.ts';
import { ConfigError } from './config-error.ts';
import { givenEndpoints } from './given-endpoints.ts';

const ALL = { services: ALL_SERVICES, region: 'One', served: ['One', 'Two'], hasCatalog: true };
const URL_GIVEN = 'https://objects.example.org:8080/v1/AUTH_%(project_id)s';

describe('an endpoint is given', () => {
  test.each([
    [{ LINGUANOVA_ENDPOINT_COMPUTE: 'http://10.0.0.1:8774' }, 'compute', null, 'http://10.0.0.1:8774'],
    [{ LINGUANOVA_ENDPOINT_OBJECT_STORE: URL_GIVEN }, 'object-store', null, URL_GIVEN],
    [
      { LINGUANOVA_ENDPOINT_VOLUMEV3: 'http://c/v3/$(tenant_id)s' },
      'volume',
      null,
      'http://c/v3/$(tenant_id)s',
    ],
    [{ LINGUANOVA_ENDPOINT_BLOCK_STORAGE: 'http://c' }, 'volume', null, 'http://c'],
    [
      { LINGUANOVA_ENDPOINT_SHAREV2: 'http://[::1]:8786/v2/' },
      'shared-file-system',
      null,
      'http://[::1]:8786/v2/',
    ],
    [{ LINGUANOVA_ENDPOINT_DNS: 'Two=http://dns' }, 'dns', 'Two', 'http://dns'],
  ])('%j', (given, service, region, url) => {
    expect(givenEndpoints(given, ALL)).toEqual([{ service, region, url }]);
  });

  test('for several regions', () => {
    const given = { LINGUANOVA_ENDPOINT_DNS: 'One=http://dns.one, Two = http://dns.two/dns' };
    expect(givenEndpoints(given, ALL)).toEqual([
      { service: 'dns', region: 'One', url: 'http://dns.one' },
      { service: 'dns', region: 'Two', url: 'http://dns.two/dns' },
    ]);
  });

  test('for several regions at one address, where they may share the service', () => {
    expect(givenEndpoints({ LINGUANOVA_ENDPOINT_IMAGE: 'One=http://g,Two=http://g' }, ALL)).toHaveLength(2);
  });

  test('for a default service that the Nova dialect does not serve, since redu uses it', () => {
    const given = { LINGUANOVA_ENDPOINT_VOLUME: 'http://c' };
    expect(givenEndpoints(given, { ...ALL, services: new Set(['compute']) })).toHaveLength(1);
  });
});

describe('the start is refused, without the value, for', () => {
  test.each([
    ['COMPUTE', 'nova.example.org'],
    ['COMPUTE', 'ftp://nova'],
    ['COMPUTE', 'http://user:hunter2@nova'],
    ['COMPUTE', 'http://nova/?a=hunter2'],
    ['COMPUTE', 'http://nova/#hunter2'],
    ['COMPUTE', 'http://nova/../hunter2'],
    ['COMPUTE', 'http://nova/%2e%2e/hunter2'],
    ['COMPUTE', 'http://nova//hunter2'],
    ['COMPUTE', 'http://nova\\hunter2'],
    ['COMPUTE', 'http://nova/%(hunter2)s'],
    ['COMPUTE', 'http://nova:99999'],
    ['COMPUTE', 'http://'],
    ['COMPUTE', 'http://a,http://hunter2'],
    ['COMPUTE', 'One=http://a,One=http://hunter2'],
    ['COMPUTE', 'Three=http://hunter2'],
    ['COMPUTE', 'One=http://hunter2/v2.1,Two=http://hunter2/'],
    ['COMPUTE', 'One=http://hunter2/v2.1/%(project_id)s,Two=http://hunter2/v2.1'],
    ['NETWORK', 'One=http://hunter2,Two=http://hunter2'],
    ['NETWORK', 'One=http://hunter2/net,Two=http://HUNTER2:80/net/v2.0/'],
    ['COMPUTE', '=http://hunter2'],
    ['IDENTITY', 'http://hunter2'],
    ['FOO', 'http://hunter2'],
    ['', 'http://hunter2'],
    ['compute', 'http://hunter2'],
    ['Compute', 'http://hunter2'],
    ['COMPUTE_', 'http://hunter2'],
    ['CLOUDFORMATION', 'http://hunter2'],
    ['CONSTRUCTOR', 'http://hunter2'],
  ])('LINGUANOVA_ENDPOINT_%s=%s', (type, value) => {
    const [problem, ...others] = problemsOf({ [`LINGUANOVA_ENDPOINT_${type}`]: value });
    expect(others).toEqual([]);
    expect(problem).toMatch(new RegExp(`^LINGUANOVA_ENDPOINT_${type} (must|is not|gives|requires) `));
    expect(problem).not.toContain('hunter2');
  });

  test.each([
    [
      'a further service that is not served',
      { services: DEFAULT_SERVICES },
      /requires dns in LINGUANOVA_SERVICES/,
    ],
    ['a redu cloud', { hasCatalog: false }, /needs OS_AUTH_URL/],
  ])('%s', (_, served, expected) => {
    expect(problemsOf({ LINGUANOVA_ENDPOINT_DNS: 'http://dns' }, { ...ALL, ...served })).toEqual([
      expect.stringMatching(expected),
    ]);
  });

  test('a region where there is no default one', () => {
    const problems = problemsOf({ LINGUANOVA_ENDPOINT_DNS: 'One=http://dns' }, { ...ALL, region: null });
    expect(problems).toEqual([expect.stringContaining('OS_REGION_NAME')]);
  });

  test('two names of one service, and each problem of several', () => {
    const [second, third] = problemsOf({
      LINGUANOVA_ENDPOINT_SHARE: 'http://a',
      LINGUANOVA_ENDPOINT_SHAREV2: 'http://a',
      LINGUANOVA_ENDPOINT_FOO: 'http://a',
    });
    expect(second).toMatch(/^LINGUANOVA_ENDPOINT_SHAREV2 gives .* remove it, or LINGUANOVA_ENDPOINT_SHARE$/);
    expect(third).toMatch(/^LINGUANOVA_ENDPOINT_FOO must end in a type/);
  });
});

function problemsOf(given: Record<string, string>, served = ALL as Parameters<typeof givenEndpoints>[1]) {
  try {
    givenEndpoints(given, served);
  } catch (error) {
    if (error instanceof ConfigError)
      return error.problems.map(({ variable, problem }) => `${variable} ${problem}`);
    throw error;
  }
  throw new Error('it was not refused');
}
