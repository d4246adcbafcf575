import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { IMAGE } from '../conformance/target.ts';
import { sendNova } from '../support/nova-client.ts';
import type { ReduClient } from '../support/redu-client.ts';
import { type SandboxTarget, sandboxTarget } from '../support/sandbox-target.ts';

const MARK = /^linguanova request=/;
const VERSIONS = ['2.1', '2.19', '2.26', '2.52', '2.75', '2.93', '2.104'];

let target: SandboxTarget;
let acme: ReduClient;
/** The first has its mark in a tag, the second in its description. */
let tagged: string;
let plain: string;
let imageRef: string;

beforeAll(async () => {
  target = await sandboxTarget();
  acme = await target.acme.client();
  imageRef = (await acme.get(`/v1/images?name=${IMAGE}`)).body.items[0].id;
  tagged = await boot({ name: 'marked', description: 'front end', tags: ['a', 'web'] });
  plain = await boot({ name: 'plain' });
});
afterAll(() => target.close());

async function boot(fields: object): Promise<string> {
  return (await acme.boot({ flavor_id: 'm1.tiny', image_id: IMAGE, ...fields })).id;
}
const nova = (line: string, body?: unknown, version = '2.104') => {
  const headers = { 'x-auth-token': acme.key, 'openstack-api-version': `compute ${version}` };
  return sendNova(target.url, line.replace(' ', ' /compute/v2.1/servers'), headers, body);
};
const atCloud = async (id: string) =>
  (await target.acme.openStack.compute('GET', `/servers/${id}`)).body.server as {
    description: string | null;
    tags: string[];
  };
const markOf = async (id: string) => {
  const { description, tags } = await atCloud(id);
  return [description ?? '', ...tags].filter((text) => MARK.test(text));
};

describe('responses', () => {
  test.each(VERSIONS)('a server read at %s shows no mark', async (version) => {
    for (const path of [`/${tagged}`, `/${plain}`, '/detail', '']) {
      const { status, body } = await nova(`GET ${path}`, undefined, version);
      expect([status, JSON.stringify(body)]).toEqual([200, expect.not.stringContaining('linguanova')]);
    }
  });

  test('a server whose mark is its description has none, and one with tags has the customer’s', async () => {
    expect((await nova(`GET /${plain}`)).body.server).toMatchObject({ description: null, tags: [] });
    const server = { description: 'front end', tags: ['a', 'web'] };
    expect((await nova(`GET /${tagged}`)).body.server).toMatchObject(server);
    expect((await nova(`GET /${tagged}/tags`)).body).toEqual({ tags: ['a', 'web'] });
    expect((await nova(`PUT /${tagged}`, { server: { name: 'marked' } })).body.server).toMatchObject(server);
  });
});

test.each(['GET', 'HEAD', 'DELETE'])(
  '%s of the mark as a tag is 404, and the mark remains',
  async (method) => {
    const [mark = ''] = await markOf(tagged);
    for (const name of [mark, mark.toUpperCase()])
      expect((await nova(`${method} /${tagged}/tags/${encodeURIComponent(name)}`)).status).toBe(404);
    expect(await markOf(tagged)).toEqual([mark]);
  },
);

test.each(['tags', 'tags-any', 'not-tags', 'not-tags-any'])(
  'a list filtered by the mark in %s is 400',
  async (filter) => {
    const [mark = ''] = await markOf(tagged);
    const { status } = await nova(`GET /detail?${filter}=${encodeURIComponent(`web,${mark}`)}`);
    expect(status).toBe(400);
    expect((await nova(`GET ?${filter}=web`)).status).toBe(200);
  },
);

test('a tag or description that begins like a mark is 400, and nothing changes', async () => {
  const text = 'linguanova request=00';
  const create = { name: 'forged', flavorRef: 'm1.tiny', imageRef, networks: 'none' };
  const before = [await atCloud(tagged), (await nova('GET ')).body.servers.length];
  const refused = [
    await nova(`PUT /${tagged}/tags`, { tags: ['b', text] }),
    await nova(`PUT /${tagged}/tags/${encodeURIComponent(text)}`),
    await nova(`PUT /${tagged}`, { server: { description: text } }),
    await nova(`PUT /${tagged}`, '{"server": {"description": "\\u006cinguanova request=00"}}'),
    await nova(`POST /${tagged}/action`, { rebuild: { imageRef, description: text } }),
    await nova('POST ', { server: { ...create, tags: [text.toUpperCase()] } }),
    await nova('POST ', { server: { ...create, description: text } }),
  ];
  expect(refused.map(({ status }) => status)).toEqual(refused.map(() => 400));
  expect(refused[0]?.body.badRequest.message).toBe('tags: is reserved for the gateway');
  expect([await atCloud(tagged), (await nova('GET ')).body.servers.length]).toEqual(before);
});

test('PUT and DELETE of all tags leave the mark', async () => {
  const [mark] = await markOf(tagged);
  const put = await nova(`PUT /${tagged}/tags`, { tags: ['z', 'b'] });
  expect([put.status, put.body]).toEqual([200, { tags: ['b', 'z'] }]);
  expect((await atCloud(tagged)).tags).toEqual(['b', mark, 'z']);
  const deleted = await nova(`DELETE /${tagged}/tags`);
  expect([deleted.status, deleted.body]).toEqual([204, '']);
  expect((await atCloud(tagged)).tags).toEqual([mark]);
  expect((await nova(`GET /${tagged}`)).body.server.tags).toEqual([]);
  const full = Array.from({ length: 51 }, (_, index) => `tag-${index}`);
  expect((await nova(`PUT /${tagged}/tags`, { tags: full })).status).toBe(400);
  expect((await nova(`PUT /${tagged}/tags`, { tags: 'b' })).status).toBe(400);
  expect((await nova(`PUT /${tagged}/tags`, { tags: [] }, '2.25')).status).toBe(404);
  expect(await markOf(tagged)).toEqual([mark]);
});

test('a description replaces the mark, which moves to a tag', async () => {
  const [mark] = await markOf(plain);
  const described = await nova(`PUT /${plain}`, { server: { description: 'database' } }, '2.19');
  expect([described.status, described.body.server.description]).toEqual([200, 'database']);
  expect(await atCloud(plain)).toMatchObject({ description: 'database', tags: [mark] });
  const removed = await nova(`PUT /${plain}`, { server: { description: null } });
  expect(removed.body.server).toMatchObject({ description: null, tags: [] });
  expect(await markOf(plain)).toEqual([mark]);
});

test('a rebuild with a description moves the mark to a tag', async () => {
  const id = await boot({ name: 'rebuilt' });
  const [mark] = await markOf(id);
  const rebuilt = await nova(`POST /${id}/action`, { rebuild: { imageRef, description: 'new' } });
  expect([rebuilt.status, JSON.stringify(rebuilt.body)]).toEqual([
    202,
    expect.not.stringContaining('linguanova'),
  ]);
  expect(await atCloud(id)).toMatchObject({ description: 'new', tags: [mark] });
});
