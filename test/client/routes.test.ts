import { createClient, LinguanovaError } from 'linguanova/client';
import { expect, expectTypeOf, test } from 'vitest';
import type {
  Instance,
  InstanceDetail,
  InstanceState,
  NewInstance,
  Route,
  Routes,
} from '../../src/client/index.ts';
import { OPERATIONS } from '../openapi/document.ts';

/** A client whose requests go nowhere, and what was asked of it. */
function recorded() {
  const asked: string[] = [];
  const client = createClient({
    baseUrl: 'https://gateway.example.org/',
    apiKey: 'ln_key',
    async fetch(input, init) {
      asked.push(`${init?.method ?? 'GET'} ${String(input).replace('https://gateway.example.org', '')}`);
      throw new TypeError('nowhere');
    },
    maxRetries: 0,
  });
  return { client, asked };
}

/** Every method, called with as many texts as it may take. */
async function callAll(methods: object): Promise<void> {
  for (const [name, method] of Object.entries(methods)) {
    if (typeof method !== 'function') {
      await callAll(method);
      continue;
    }
    if (['request', 'events', 'waitUntil', 'pages', 'iterate'].includes(name)) continue;
    const texts = ['x', 'y'].slice(
      0,
      /Rule$|tachVolume$|tachSecurityGroup$|^detachNetwork$|^extend$/.test(name) ? 2 : 1,
    );
    const args = ['list', 'me', 'quotas'].includes(name) ? [] : texts;
    await expect(Promise.resolve(method(...args))).rejects.toThrow(LinguanovaError);
  }
}

test('the client has one method per customer route and no other', async () => {
  const { client, asked } = recorded();
  await callAll(client);
  const named = new Set(asked.map((one) => one.replaceAll(/\/[xy](?=\/|$)/g, '/{}').replace(/\?.*/, '')));
  const contract = OPERATIONS.filter(({ path }) => path.startsWith('/v1/'))
    .map(({ method, path }) => `${method} ${path.replaceAll(/\{\w+\}/g, '{}')}`)
    // What is listened to: `client.events`.
    .filter((name) => !name.endsWith('/events'));
  expect([...named].toSorted()).toEqual(contract.toSorted());
});

test('its types match the schemas', () => {
  const { client } = recorded();
  expectTypeOf(client.instances.list).returns.resolves.toEqualTypeOf<Instance[]>();
  expectTypeOf(client.instances.create).parameter(0).toEqualTypeOf<NewInstance>();
  expectTypeOf(client.instances.create).returns.resolves.toEqualTypeOf<InstanceDetail>();
  expectTypeOf<Instance['metadata']>().toEqualTypeOf<Record<string, string>>();
  expectTypeOf<InstanceDetail['fault']>().toEqualTypeOf<{
    code: number;
    message: string;
    created: string;
  } | null>();
  expectTypeOf({
    name: 'a',
    flavor_id: 'f',
    image_id: 'i',
    metadata: { isPublic: true, team: 'web' },
  }).toExtend<NewInstance>();
  expectTypeOf<{ name: string }>().not.toExtend<NewInstance>();
  expectTypeOf<{ limit: number; status: ['ACTIVE'] }>().toExtend<Routes['GET /v1/instances']['query']>();
  expectTypeOf<{ status: ['RUNNING'] }>().not.toExtend<Routes['GET /v1/instances']['query']>();
  expectTypeOf<'GET /v1/nothing'>().not.toExtend<Route>();
  expectTypeOf<'POST /admin/v1/keys'>().toExtend<Route>();
  expectTypeOf(client.flavors.iterate).returns.toExtend<AsyncIterable<{ vcpus: number }>>();
  expectTypeOf(client.instances.waitUntil<'active'>).returns.resolves.toEqualTypeOf<InstanceDetail>();
  expectTypeOf(client.instances.waitUntil<'deleted'>).returns.resolves.toEqualTypeOf<InstanceDetail | null>();
  expectTypeOf<'running'>().not.toExtend<InstanceState>();
  expectTypeOf<'overLimit' | 'networkError'>().toExtend<LinguanovaError['code']>();
  expectTypeOf<string>().not.toExtend<LinguanovaError['code']>();
});
