import { expect, test } from 'vitest';
import * as z from 'zod';
import { ID, reduApp } from '../../../test/support/redu-app.ts';
import { instanceActionSchema } from './instance-actions.ts';
import { instanceChangeSchema, instanceDetailSchema, newInstanceSchema } from './instance-schemas.ts';
import { newRuleSchema, securityGroupSchema } from './security-group-schemas.ts';

const zones = { listAvailabilityZones: async () => [] };

test('a path may end with a slash', async () => {
  const { call } = reduApp(zones);
  expect((await call('GET', '/v1/availability_zones/')).status).toBe(200);
  expect((await call('GET', `/v1/instances/x/`)).status).toBe(404);
});

test('HEAD is GET without the body', async () => {
  const { status, text } = await reduApp(zones).call('HEAD', '/v1/availability_zones');
  expect([status, text]).toEqual([200, '']);
});

test.each(['/v1', '/v1/unknown', '/v1/instances/x/y/z', '/cloud/v1/volumes', '/v2/instances', '//v1/me'])(
  '%s is no path',
  async (path) => {
    const { status, json } = await reduApp().call('GET', path);
    expect([status, json.error.code]).toEqual([404, 'itemNotFound']);
  },
);

test.each([
  ['PUT', '/v1/instances', 'GET, HEAD, POST'],
  ['DELETE', '/v1/instances/', 'GET, HEAD, POST'],
  ['POST', `/v1/instances/${ID}`, 'GET, HEAD, PATCH, DELETE'],
  ['PATCH', `/v1/instances/${ID}/actions`, 'GET, HEAD, POST'],
  ['POST', '/v1/me', 'GET, HEAD'],
  ['OPTIONS', '/v1/flavors', 'GET, HEAD'],
  ['GET', `/v1/security_groups/${ID}/rules`, 'POST'],
  ['DELETE', '/cloud/v1/compute/keypairs', 'GET, HEAD, POST'],
])('%s %s is not allowed', async (method, path, allow) => {
  const { status, json, response } = await reduApp().call(method, path);
  expect([status, json.error.code]).toEqual([405, 'methodNotAllowed']);
  expect(response.headers.get('Allow')).toBe(allow);
});

test('a scope is asked for before anything is read', async () => {
  const { call } = reduApp({}, []);
  for (const [method, path] of [
    ['GET', '/v1/instances'],
    ['POST', '/v1/instances'],
    ['GET', '/v1/quotas'],
    ['POST', '/cloud/v1/compute/instances/create'],
    ['POST', '/cloud/v1/compute/keypairs'],
  ] as const) {
    const { status, json } = await call(method, path);
    expect([status, json.error.code]).toEqual([403, 'forbidden']);
  }
});

test('the schemas can be printed as JSON Schema, with what is required', () => {
  const printed = (schema: z.ZodType, io: 'input' | 'output') => {
    const { $ref = '', $defs = {} } = z.toJSONSchema(schema, { io });
    return $defs[$ref.replace('#/$defs/', '')];
  };
  expect(printed(newInstanceSchema, 'input')?.required).toEqual(['name', 'flavor_id']);
  expect(printed(instanceChangeSchema, 'input')?.properties).toHaveProperty('metadata');
  const actions = JSON.stringify(printed(instanceActionSchema, 'input'));
  for (const action of ['reboot', 'snapshot', 'confirm_resize', 'rebuild']) expect(actions).toContain(action);
  expect(printed(newRuleSchema, 'input')?.properties).toHaveProperty('cidr');
  expect(printed(instanceDetailSchema, 'output')?.required).toContain('addresses');
  expect(printed(securityGroupSchema, 'output')?.required).toContain('rules');
});
