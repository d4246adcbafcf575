import { expect, test } from 'vitest';
import { costOf, DEFAULT_COSTS } from './plans.ts';

test.each([
  ['GET', '/v1/instances', 1],
  ['HEAD', '/v1/instances', 1],
  ['POST', '/v1/instances', 5],
  ['POST', '/v1/instances/', 5],
  ['POST', '/cloud/v1/compute/instances/create', 5],
  ['POST', '/v1/instances/8b6f4c21/actions', 2],
  ['DELETE', '/v1/instances/8b6f4c21', 2],
  ['PATCH', '/v1/instances/8b6f4c21', 2],
  ['POST', '/v1/keypairs', 2],
  ['POST', '/compute/v2.1/servers', 5],
  ['POST', '/compute/v2.1/7033d20f6d8047bbb56e0184da9a13b5/servers/', 5],
  ['POST', '/compute/v2/os-volumes_boot', 5],
  ['POST', '/compute/v2.1/servers/8b6f4c21/action', 2],
  ['GET', '/compute/v2.1/servers', 1],
  ['POST', '/identity/v3/auth/tokens', 1],
])('%s %s costs %i', (method, path, points) => {
  expect(costOf(method, path, DEFAULT_COSTS)).toBe(points);
});
