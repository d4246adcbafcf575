import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CacheKey, CacheScope } from './cache-key.ts';
import { targetOf } from './read.ts';

const CALLER = { region: '', projectId: 'p1', userId: 'u1', roles: ['member', 'reader'] };

describe('a scope', () => {
  const text = (caller: Partial<typeof CALLER>, kind: 'service' | 'application_credential' = 'service') =>
    CacheScope.of({ ...CALLER, ...caller }, kind).text;

  test('is equal for callers who see the same', () => {
    expect(text({ roles: ['reader', 'member'] })).toBe(text({}));
    expect(text({ userId: 'u2' }), 'what is the project’s').toBe(text({}));
  });

  test('is another for another project, other roles, another kind of credential', () => {
    const scopes = [text({}), text({ projectId: 'p2' }), text({ roles: ['member'] })];
    scopes.push(text({}, 'application_credential'));
    expect(new Set(scopes).size).toBe(4);
  });

  test('is another for a credential with access rules, and for each set of them', () => {
    const of = (accessRules?: string) =>
      CacheScope.of({ ...CALLER, ...(accessRules !== undefined && { accessRules }) }, 'service').text;
    expect(new Set([of(), of('[{"path":"/a"}]'), of('[{"path":"/b"}]')]).size).toBe(3);
  });

  test('is the user’s where the answer is', () => {
    const of = (userId: string) => CacheScope.of({ ...CALLER, userId }, 'service', { ofUser: true }).text;
    expect(of('u1')).not.toBe(of('u2'));
  });
});

describe('a target', () => {
  test.each([
    ['http://a/v1/flavors', '/v1/flavors'],
    ['https://b:8443/v1/flavors/', '/v1/flavors'],
    ['http://a/v1/flavors?', '/v1/flavors'],
    ['http://a/v1/flavors?limit=2&cursor=x', '/v1/flavors?cursor=x&limit=2'],
    ['http://a/v1/instances?status=B&name=%5Ea&status=A', '/v1/instances?name=%5Ea&status=B&status=A'],
    ['http://a/v1/keypairs/a%2Fb?x=%26y%3D1', '/v1/keypairs/a%2Fb?x=%26y%3D1'],
  ])('%s is %s', (url, expected) => {
    expect(targetOf(url).text).toBe(expected);
  });
});

test('no two callers share a key, whatever their names are made of', () => {
  const nasty = fc.oneof(
    fc.string({ unit: fc.constantFrom('"', ',', '[', ']', '\\', '/', '?', '&', '=', 'a', ' ', '\u0000') }),
    fc.string(),
  );
  const asking = fc.record({
    kind: fc.constantFrom('service' as const, 'application_credential' as const),
    region: nasty,
    projectId: nasty,
    userId: nasty,
    roles: fc.array(nasty, { maxLength: 3 }),
    others: fc.array(nasty, { maxLength: 2 }),
    path: nasty.map((path) => `/${path}`),
  });
  const keyOf = ({
    kind,
    path,
    others,
    ...caller
  }: typeof asking extends fc.Arbitrary<infer T> ? T : never) =>
    CacheKey.of(CacheScope.of(caller, kind, { ofUser: true, others }), path).text;
  const same = (value: { roles: readonly string[] }) => ({ ...value, roles: value.roles.toSorted() });
  fc.assert(
    fc.property(asking, asking, (one, other) => {
      const equal = JSON.stringify(same(one)) === JSON.stringify(same(other));
      expect(keyOf(one) === keyOf(other)).toBe(equal);
    }),
    { numRuns: 500 },
  );
});
