import { expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { read, section } from './pages.ts';

const PAGE = read('docs/services.md');
const CLOUD = {
  OS_AUTH_URL: 'http://127.0.0.1:9/v3',
  OS_REGION_NAME: 'RegionOne',
  LINGUANOVA_REGIONS: 'RegionOne,RegionTwo',
  LINGUANOVA_SECRET: btoa('0123456789abcdef0123456789abcdef'),
};

/** The variables of the first block below a text. */
function configOf(text: string, further: Record<string, string> = {}) {
  const [, block = ''] = /```sh\n([^`]*)```/.exec(text) ?? [];
  const lines = block.trim().split('\n');
  const variables = Object.fromEntries(lines.map((line) => line.split(/=(.*)/s, 2)));
  return readConfig({ ...CLOUD, ...further, ...variables }, { readCertificates: () => '' });
}

test('the services of the first example are served', () => {
  expect([...configOf(PAGE).services]).toEqual([
    'compute',
    'image',
    'network',
    'volume',
    'orchestration',
    'dns',
  ]);
});

test('the endpoints by hand are those of the example', () => {
  const { given } = configOf(section(PAGE, 'Endpoints by hand'), { LINGUANOVA_SERVICES: '*' }).regions;
  expect(given.map(({ service, region }) => [service, region])).toEqual([
    ['object-store', null],
    ['image', 'RegionOne'],
    ['image', 'RegionTwo'],
  ]);
});
