import { expect, test } from 'vitest';
import { costOf, DEFAULT_COSTS } from './cost.ts';

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
])('%s %s costs %i', (method, path, points) => {
  expect(costOf(method, path, DEFAULT_COSTS)).toBe(points);
});
