import { afterAll, expect, test } from 'vitest';
import { createClient } from '../../src/client/index.ts';
import { ONE, regionalGateway, TWO, UNSERVED } from '../support/regional-gateway.ts';

const gateway = await regionalGateway();
const anyRegion = await regionalGateway('*');
afterAll(() => Promise.all([gateway.stop(), anyRegion.stop()]));

interface Endpoint {
  readonly id: string;
  readonly interface: string;
  readonly region: string;
  readonly region_id: string;
  readonly url: string;
}
type Catalog = readonly { readonly type: string; readonly endpoints: readonly Endpoint[] }[];

test('the catalog has each service once, with its regions, the default one first', async () => {
  const { catalog }: { catalog: Catalog } = (await gateway.request('/identity/v3/auth/catalog')).body;
  expect(catalog.map(({ type }) => type)).toEqual(['identity', 'compute', 'image', 'network', 'volumev3']);
  const ids = catalog.flatMap(({ endpoints }) => endpoints.map(({ id }) => id));
  expect(new Set(ids).size).toBe(ids.length);
  const publicUrls = Object.fromEntries(
    catalog.map(({ type, endpoints }) => [
      type,
      endpoints
        .filter((one) => one.interface === 'public')
        .map(({ region, region_id, url }) => [region, region_id, url.replace(gateway.url, '')]),
    ]),
  );
  const both = (path: string) => [
    [ONE, ONE, path],
    [TWO, TWO, `/regions/${TWO}${path}`],
  ];
  expect(publicUrls).toEqual({
    identity: [ONE, TWO].map((region) => [region, region, '/identity/v3']),
    compute: both('/compute/v2.1'),
    image: both('/image'),
    network: both('/networking'),
    volumev3: [[ONE, ONE, `/volume/v3/${gateway.projectId}`]],
  });
});

test('GET /v1/regions lists the served regions with their services, the default one first', async () => {
  const services = ['compute', 'identity', 'image', 'network'];
  const [one, two] = [
    { name: ONE, default: true, services: [...services, 'volume'] },
    { name: TWO, default: false, services },
  ];
  for (const path of ['/v1/regions', `/regions/${TWO}/v1/regions`]) {
    const { status, body } = await gateway.request(path);
    expect([status, body]).toEqual([200, { items: [one, two], next_cursor: null }]);
  }
  const third = { ...one, name: UNSERVED, default: false };
  expect((await anyRegion.request('/v1/regions')).body.items).toEqual([one, third, two]);
  const page = (await anyRegion.request('/v1/regions?limit=2')).body;
  expect(page.items).toEqual([one, third]);
  const rest = await anyRegion.request(`/v1/regions?cursor=${page.next_cursor}`);
  expect(rest.body).toEqual({ items: [two], next_cursor: null });
});

test('a client with a region uses that region', async () => {
  const options = { baseUrl: gateway.url, apiKey: gateway.key };
  const clientIn = (region?: string) => createClient({ ...options, ...(region !== undefined && { region }) });
  const imagesIn = async (region?: string) =>
    (await clientIn(region).images.list()).map(({ id }) => id).sort();
  const [plain, empty, one, two] = [
    await imagesIn(),
    await imagesIn(''),
    await imagesIn(ONE),
    await imagesIn(TWO),
  ];
  expect(empty).toEqual(plain);
  expect(one).toEqual(plain);
  expect(two).not.toEqual(plain);
  await expect(clientIn('Nowhere').images.list()).rejects.toMatchObject({ status: 404 });
  expect((await clientIn().regions.list()).map(({ name }) => name)).toEqual([ONE, TWO]);
});
