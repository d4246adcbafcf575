import { createClient, LinguanovaError } from 'linguanova/client';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { IMAGE } from '../conformance/target.ts';
import { type SandboxTarget, sandboxTarget } from '../support/sandbox-target.ts';

let target: SandboxTarget;
beforeAll(async () => {
  target = await sandboxTarget();
});
afterAll(() => target.close());

async function client(headers: Readonly<Record<string, string>> = {}) {
  const { key, url } = await target.acme.client();
  return createClient({ baseUrl: url, apiKey: key, headers });
}

test('an instance from its creation to its end', async () => {
  const { instances } = await client();
  const { id, state } = await instances.create({
    name: 'client-1',
    flavor_id: 'm1.tiny',
    image_id: IMAGE,
    metadata: { isPublic: false, team: 'web' },
  });
  expect(state).toBe('provisioning');
  const running = await instances.waitUntil(id, 'active');
  expect(running.metadata.team).toBe('web');
  expect((await instances.list({ status: ['ACTIVE'] })).map((one) => one.id)).toContain(id);
  await instances.act(id, { action: 'stop' });
  await instances.waitUntil(id, 'stopped');
  expect((await instances.update(id, { metadata: { team: null } })).metadata).not.toHaveProperty('team');
  await instances.delete(id);
  await instances.waitUntil(id, 'deleted');
  const refused = await instances.get(id).catch((error: unknown) => error);
  expect(refused).toBeInstanceOf(LinguanovaError);
  expect(refused).toMatchObject({
    code: 'itemNotFound',
    status: 404,
    requestId: expect.stringMatching(/^req-/),
  });
});

test('lists, all at once and by pages', async () => {
  const { flavors, instances } = await client();
  const all = await flavors.list();
  expect(all.map(({ name }) => name)).toContain('m1.tiny');
  const pages = await Array.fromAsync(flavors.pages({ limit: 2 }));
  expect(pages[0]).toHaveLength(2);
  expect(pages.flat()).toEqual(all);
  for (const name of ['p-1', 'p-2', 'p-3']) {
    await instances.create({ name, flavor_id: 'm1.tiny', image_id: IMAGE });
  }
  const ids = (await instances.list()).map(({ id }) => id);
  expect((await Array.fromAsync(instances.iterate({ limit: 2 }))).map(({ id }) => id)).toEqual(ids);
  expect(await instances.list({ limit: 2 })).toHaveLength(2);
  for (const id of ids) await instances.delete(id);
});

test('a wrong field is named', async () => {
  const { instances } = await client();
  const wrong = instances.create({ name: '', flavor_id: 'm1.tiny', image_id: IMAGE });
  await expect(wrong).rejects.toMatchObject({
    code: 'badRequest',
    details: [{ field: 'name', message: 'must not be empty' }],
  });
});
