import { describe, expect, test } from 'vitest';
import type { ServiceType } from '../http/transport.ts';
import { endpointOf } from './catalog.ts';

const PROJECT = '7033d20f6d8047bbb56e0184da9a13b5';

const addressOf = (service: ServiceType, url: string) =>
  endpointOf([{ type: service, endpoints: [{ interface: 'public', region_id: 'one', url }] }], service, {
    region: 'one',
    interface: 'public',
  });

describe('adds the API version to a catalog endpoint', () => {
  test.each<[ServiceType, string, string]>([
    ['compute', 'http://nova:8774', 'http://nova:8774/v2.1'],
    ['compute', 'http://nova:8774/', 'http://nova:8774/v2.1'],
    ['compute', 'http://nova:8774/v2.1', 'http://nova:8774/v2.1'],
    ['compute', 'http://nova:8774/v2.1/', 'http://nova:8774/v2.1'],
    ['compute', `http://nova:8774/v2.1/${PROJECT}`, `http://nova:8774/v2.1/${PROJECT}`],
    ['compute', 'http://nova:8774/v2', 'http://nova:8774/v2.1'],
    ['compute', `http://nova:8774/v2/${PROJECT}/`, `http://nova:8774/v2.1/${PROJECT}`],
    ['compute', 'https://cloud/compute', 'https://cloud/compute/v2.1'],
    ['compute', `https://cloud/compute/v2.1/${PROJECT}`, `https://cloud/compute/v2.1/${PROJECT}`],
    ['compute', 'https://cloud/v1/api/compute', 'https://cloud/v1/api/compute/v2.1'],
    ['network', 'http://neutron:9696', 'http://neutron:9696/v2.0'],
    ['network', 'http://neutron:9696/v2.0/', 'http://neutron:9696/v2.0'],
    ['network', 'https://cloud/networking', 'https://cloud/networking/v2.0'],
    ['network', 'https://cloud/networking/v2.0', 'https://cloud/networking/v2.0'],
    ['image', 'http://glance:9292', 'http://glance:9292/v2'],
    ['image', 'http://glance:9292/v2/', 'http://glance:9292/v2'],
    ['image', 'http://glance:9292/v1', 'http://glance:9292/v2'],
    ['image', 'https://cloud/image/', 'https://cloud/image/v2'],
  ])('%s: %s', (service, url, expected) => {
    expect(addressOf(service, url)).toBe(expected);
  });
});
