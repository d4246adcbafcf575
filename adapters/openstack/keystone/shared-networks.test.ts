import { expect, test } from 'vitest';
import { regionSharingNetworks } from './shared-networks.ts';

type Row = readonly [type: string, region: string, url: string, iface?: string];

const NOVAS: readonly Row[] = [
  ['compute', 'One', 'http://ctl/one/v2.1'],
  ['compute', 'Two', 'http://ctl/two/v2.1'],
];

test.each<[title: string, rows: readonly Row[], shared: string | null]>([
  [
    'each has its own',
    [
      ['network', 'One', 'http://a'],
      ['network', 'Two', 'http://b'],
    ],
    null,
  ],
  [
    'the same address',
    [
      ['network', 'One', 'http://a'],
      ['network', 'Two', 'http://a'],
    ],
    'One',
  ],
  [
    'the same address in another form',
    [
      ['network', 'One', 'http://A:80/net/'],
      ['network', 'Two', 'http://a/net/v2.0'],
    ],
    'One',
  ],
  [
    'the same address by another interface',
    [
      ['network', 'One', 'https://one'],
      ['network', 'Two', 'https://two'],
      ['network', 'One', 'http://ctl:9696', 'internal'],
      ['network', 'Two', 'http://ctl:9696', 'internal'],
    ],
    'One',
  ],
  [
    'the first address of two, as of one that is given by hand',
    [
      ['network', 'Two', 'http://b'],
      ['network', 'One', 'http://a'],
      ['network', 'Two', 'http://a'],
    ],
    null,
  ],
  [
    'a region without compute service',
    [
      ['network', 'Three', 'http://b'],
      ['network', 'Two', 'http://b'],
    ],
    'Three',
  ],
  [
    'another name of the region',
    [
      ['network', 'Two', 'http://b'],
      ['network', 'Alias', 'http://b'],
      ['compute', 'Alias', 'http://ctl/two/'],
    ],
    null,
  ],
  ['no network service', [['network', 'One', 'http://a']], null],
])('%s', (_, rows, shared) => {
  const catalog = [...NOVAS, ...rows].map(([type, region, url, iface = 'public']) => ({
    type,
    endpoints: [{ interface: iface, region, region_id: region, url }],
  }));
  expect(regionSharingNetworks(catalog, { region: 'Two', interface: 'public' })).toBe(shared);
});
