import { expect, test } from 'vitest';
import { servicesNamed } from './service-list.ts';
import { ALL_SERVICES } from './services.ts';

test.each([
  [
    ['compute', 'object-store'],
    ['compute', 'object-store'],
  ],
  [['block-storage'], ['volume']],
  [['volumev3'], ['volume']],
  [
    ['share', 'sharev2', 'container-infra'],
    ['shared-file-system', 'container-infrastructure-management'],
  ],
  [['*'], [...ALL_SERVICES]],
  [['*', 'dns'], [...ALL_SERVICES]],
])('%s are services', (names, services) => {
  expect([...(servicesNamed(names) ?? [])]).toEqual(services);
});

test.each([
  '',
  'identity',
  'Compute',
  'cloudformation',
  '..',
  'v1',
  'object store',
  '__proto__',
  'constructor',
])('%j is none', (name) => {
  expect(servicesNamed([name])).toBeNull();
  expect(servicesNamed(['*', name])).toBeNull();
});
