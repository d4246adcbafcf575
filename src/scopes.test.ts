import { expect, test } from 'vitest';
import { DEFAULT_SCOPES, EVERY_SERVICE, hasScope, shownScopes } from './scopes.ts';

test('a scope of every service stands for one access to each further service, and for no other scope', () => {
  expect(hasScope(['*:read'], 'dns:read')).toBe(true);
  expect(hasScope(['*:read'], 'dns:write')).toBe(false);
  expect(hasScope(['*:read', '*:write'], 'instances:read')).toBe(false);
  expect(hasScope(['*:read', '*:write'], 'admin')).toBe(false);
  expect(hasScope(['dns:read'], '*:read')).toBe(false);
});

test('scopes of every service are shown as those of the services that are served', () => {
  const all = [...DEFAULT_SCOPES, ...EVERY_SERVICE];
  expect(shownScopes(all, new Set(['compute', 'image']))).toEqual(DEFAULT_SCOPES);
  expect(shownScopes(all, new Set(['compute', 'dns']))).toEqual([...DEFAULT_SCOPES, 'dns:read', 'dns:write']);
  expect(shownScopes(['*:read'], new Set(['dns']))).toEqual(['dns:read']);
});

test('a named scope is shown whether or not its service is served', () => {
  expect(shownScopes(['instances:read', 'dns:write'], new Set(['compute']))).toEqual([
    'instances:read',
    'dns:write',
  ]);
});
