import { describe, expect, test } from 'vitest';
import { assertAllowed, MAX_PATH_LENGTH } from './access-rules.ts';

const SERVER = '/v2.1/servers/0d3f2f4e';

function isAllowed(path: string, call: object, rule: object = {}): boolean {
  const rules = [{ id: 'r', service: 'compute', method: 'GET', path, ...rule }];
  try {
    assertAllowed(rules, [{ service: 'compute', method: 'GET', path: SERVER, ...call }]);
    return true;
  } catch (error) {
    expect(error).toMatchObject({ code: 'forbidden' });
    return false;
  }
}

describe('a rule allows a call of its service and method whose path matches', () => {
  test.each<[path: string, call: object]>([
    [SERVER, {}],
    ['/v2.1/servers/*', {}],
    ['/v2.1/servers/{server_id}', {}],
    ['/v2.1/*/{id}', {}],
    ['/v2.1/servers/0d*', {}],
    ['/v2.1/**', {}],
    ['/**', {}],
    ['/v2.1/**', { path: '/v2.1/' }],
    ['/v2.1/**/action', { path: `${SERVER}/action` }],
    ['/v3/*/volumes', { path: '/v3/p/volumes' }],
  ])('%s: %o', (path, call) => expect(isAllowed(path, call)).toBe(true));

  test.each<[path: string, call: object, rule?: object]>([
    ['/v2.1/servers', {}],
    ['/v2.1/servers/', {}],
    ['/v2.1/servers/*', { path: `${SERVER}/action` }],
    ['/v2.1/servers/*', { path: '/v2.1/servers/' }],
    ['/v2.1/servers/{id}', { path: '/v2.1/servers' }],
    ['/v2.1/servers/0d*', { path: '/v2.1/servers/0d' }],
    ['/v2.1/servers/.+', {}],
    ['/v2x1/**', {}],
    ['/v2.1/SERVERS/*', {}],
    ['/v2.1/**', {}, { method: 'POST' }],
    ['/v2.1/**', { method: 'HEAD' }],
    ['/v2.1/**', {}, { service: 'image' }],
    ['', {}],
  ])('and not %s: %o %o', (path, call, rule) => expect(isAllowed(path, call, rule)).toBe(false));

  test('block storage has several names', () => {
    expect(isAllowed('/v3/**', { service: 'volumev3', path: '/v3/volumes' }, { service: 'volume' })).toBe(
      true,
    );
    expect(
      isAllowed('/v3/**', { service: 'block-storage', path: '/v3/volumes' }, { service: 'volumev3' }),
    ).toBe(true);
  });
});

test('each call has to match; the error names the first that does not', () => {
  const rules = [{ id: 'r', service: 'compute', method: 'GET', path: '/v2.1/flavors' }];
  const flavors = { service: 'compute', method: 'GET', path: '/v2.1/flavors' };
  expect(() => assertAllowed(rules, [flavors])).not.toThrow();
  expect(() => assertAllowed(rules, [])).not.toThrow();
  expect(() => assertAllowed(null, [flavors])).not.toThrow();
  expect(() => assertAllowed([], [flavors])).toThrow('GET /v2.1/flavors of the service compute');
  expect(() =>
    assertAllowed(rules, [flavors, { service: 'image', method: 'GET', path: '/v2/images' }]),
  ).toThrow('GET /v2/images of the service image');
});

test('a path of more characters than are compared is forbidden, whatever the rule', () => {
  const ofLength = (length: number) => ({ path: `/${'a'.repeat(length - 1)}` });
  expect(isAllowed('/**', ofLength(MAX_PATH_LENGTH))).toBe(true);
  expect(isAllowed('/**', ofLength(MAX_PATH_LENGTH + 1))).toBe(false);
});

test('a rule of one name of a service allows calls of its other names', () => {
  const rule = { id: 'r', service: 'sharev2', method: 'GET', path: '/v2/shares' };
  const call = { ...rule, service: 'shared-file-system' };
  expect(() => assertAllowed([rule], [call])).not.toThrow();
  expect(() => assertAllowed([rule], [{ ...call, service: 'dns' }])).toThrow('none of them');
});
