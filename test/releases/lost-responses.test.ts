import { afterEach, describe, expect, test } from 'vitest';
import { type ReleasingGateway, releasingGateway } from '../support/releasing-gateway.ts';

let setup: ReleasingGateway;
afterEach(() => setup.close());

const create = (metadata: object) =>
  setup.client.post('/v1/instances', {
    name: 'web',
    flavor_id: 'm1.tiny',
    image_id: 'debian-12-amd64',
    metadata,
  });
const belongings = () => setup.openStack.belongings();

/** The request is carried out and its response is lost. */
function lose(method: string, path: RegExp, times = 1): void {
  let lost = 0;
  setup.detour = (request, forward) => {
    if (request.method !== method || !path.test(request.url) || lost === times) return undefined;
    lost += 1;
    return forward().then(() => Promise.reject(new TypeError('other side closed')));
  };
}

describe('a create whose response is lost', () => {
  test.each([[{ isPublic: true }], [{}]])(
    'with %j at POST /servers succeeds when the server is found',
    async (metadata) => {
      setup = await releasingGateway();
      lose('POST', /\/servers$/);
      const { status, body } = await create(metadata);
      expect([status, body.name]).toEqual([202, 'web']);
      expect((await setup.client.get('/v1/instances')).body).toHaveLength(1);
      await setup.client.until(body.id, ({ state }) => state === 'active');
      const { ports, floatingIps } = await belongings();
      expect([ports.length, floatingIps.length]).toEqual([1, 'isPublic' in metadata ? 1 : 0]);
    },
  );

  test.each([
    ['the port', /\/ports$/],
    ['the floating IP', /\/floatingips$/],
  ])('at the POST of %s leaves nothing', async (_, path) => {
    setup = await releasingGateway();
    const before = await belongings();
    lose('POST', path);
    const { status } = await create({ isPublic: true });
    expect([502, 503, 504]).toContain(status);
    await expect.poll(belongings).toEqual(before);
  });

  test('at POST /servers retains port and floating IP of a server that is found later', async () => {
    setup = await releasingGateway();
    let isLost = false;
    setup.detour = (request, forward) => {
      if (request.method === 'POST' && /\/servers$/.test(request.url)) {
        isLost = true;
        return forward().then(() => Promise.reject(new TypeError('other side closed')));
      }
      // Nova lists nothing while the request searches.
      return isLost && request.url.includes('/servers/detail')
        ? Promise.resolve(Response.json({ servers: [] }))
        : undefined;
    };
    expect([502, 503, 504]).toContain((await create({ isPublic: true })).status);
    setup.detour = () => undefined;
    await expect.poll(async () => (await setup.client.get('/v1/instances')).body.length).toBe(1);
    const [{ id }] = (await setup.client.get('/v1/instances')).body;
    const instance = await setup.client.until(id, ({ state }) => state === 'active');
    expect(instance.metadata.isPublic).toBe('true');
  });
});

test('a PATCH with a lost floating IP response leaves no floating IP', async () => {
  setup = await releasingGateway();
  const { body } = await create({});
  await setup.client.until(body.id, ({ state }) => state === 'active');
  const before = await belongings();
  lose('POST', /\/floatingips$/);
  const { status } = await setup.client.patch(`/v1/instances/${body.id}`, { metadata: { isPublic: true } });
  expect([502, 503, 504]).toContain(status);
  await expect.poll(belongings).toEqual(before);
});

test('a deletion with a lost response leaves nothing', async () => {
  setup = await releasingGateway();
  const before = await belongings();
  const { body } = await create({ isPublic: true });
  await setup.client.until(body.id, ({ state }) => state === 'active');
  lose('DELETE', /\/servers\//, 3);
  await setup.client.delete(`/v1/instances/${body.id}`);
  await expect.poll(belongings).toEqual(before);
});
