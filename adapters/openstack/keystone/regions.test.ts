import { expect, test } from 'vitest';
import { CatalogRegions } from './regions.ts';

const entry = (type: string, ...regions: readonly string[]) => ({
  type,
  endpoints: regions.map((region) => ({ interface: 'public', region, url: `http://${type}.${region}` })),
});
const COMPUTE_IN_ONE = [entry('compute', 'One'), entry('object-store', 'Two')];
const COMPUTE_IN_TWO = [entry('compute', 'Two')];
const WITHOUT_COMPUTE = [entry('object-store', 'Two')];

/** Without `OS_REGION_NAME`. */
function learned(...catalogs: Parameters<CatalogRegions['learn']>[0][]): CatalogRegions {
  const regions = new CatalogRegions({ region: null });
  for (const catalog of catalogs) regions.learn(catalog);
  return regions;
}

test.each([[[COMPUTE_IN_ONE, WITHOUT_COMPUTE]], [[WITHOUT_COMPUTE, COMPUTE_IN_ONE]]])(
  'a catalog without compute makes no region the only one where another has compute',
  (catalogs) => {
    const regions = learned(...catalogs);
    expect([regions.resolve('One'), regions.resolve('Two')]).toEqual(['', null]);
    expect(regions.nameIn(WITHOUT_COMPUTE, '')).toBe('One');
    expect(regions.listIn(WITHOUT_COMPUTE, 'public')).toEqual([]);
  },
);

test('where catalogs have compute in different regions, none is the only one by its name', () => {
  const regions = learned(COMPUTE_IN_ONE, COMPUTE_IN_TWO);
  expect([regions.resolve('One'), regions.resolve('Two')]).toEqual([null, null]);
  expect([regions.nameIn(COMPUTE_IN_ONE, ''), regions.nameIn(COMPUTE_IN_TWO, '')]).toEqual(['One', 'Two']);
  expect(regions.listIn(COMPUTE_IN_TWO, 'public')).toEqual([
    { name: 'Two', isDefault: true, services: ['compute'] },
  ]);
});

test('where no catalog has compute, their only region is the default one', () => {
  const regions = learned(WITHOUT_COMPUTE);
  expect([regions.resolve('Two'), regions.resolve('One')]).toEqual(['', null]);
  expect(regions.nameIn(WITHOUT_COMPUTE, '')).toBe('Two');
  expect(learned().resolve('Two')).toBeUndefined();
});
