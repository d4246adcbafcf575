import { describe, expect, test } from 'vitest';
import { scriptedCloud } from '../../../test/support/mock-transport.ts';
import { compareVersions } from './microversion.ts';

const speaking = (version: string, minimum = '2.1') =>
  scriptedCloud(({ url }) => {
    if (url.endsWith('/v2.1')) return { status: 200, body: { version: { version, min_version: minimum } } };
    return url.includes('/servers') ? { status: 200, body: { servers: [] } } : undefined;
  });

describe('microversions', () => {
  test.each([
    ['2.93', '2.46'],
    ['2.46', '2.46'],
    ['2.9', '2.9'],
    ['2.38', '2.38'],
    ['2.100', '2.46'],
  ])('a Nova that supports up to %s gets %s in both headers', async (version, sent) => {
    const cloud = speaking(version);
    await cloud.open().listInstances({}, {});
    await cloud.open().listInstances({}, {});
    const calls = cloud.requests.filter(({ url }) => url.includes('/servers'));
    for (const { headers } of calls) {
      expect(headers).toMatchObject({
        'openstack-api-version': `compute ${sent}`,
        'x-openstack-nova-api-version': sent,
      });
    }
    expect(
      cloud.requests.filter(({ url }) => url.endsWith('/v2.1')),
      'discovered once',
    ).toHaveLength(1);
  });

  test('a Nova without 2.46 is 503', async () => {
    await expect(speaking('2.200', '2.60').open().listInstances({}, {})).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('too new'),
    });
  });

  test('a failed version discovery is 503, not the client’s error', async () => {
    const closed = scriptedCloud(({ url, headers }) => {
      if (url.endsWith('/v2.1') && headers['x-auth-token'] === undefined) return { status: 401 };
      return url.includes('/servers') ? { status: 200, body: { servers: [] } } : undefined;
    });
    await expect(closed.open().listInstances({}, {})).resolves.toMatchObject({ instances: [] });
    for (const status of [401, 403, 404, 500]) {
      const broken = scriptedCloud(({ url }) => (url.endsWith('/v2.1') ? { status } : undefined));
      await expect(broken.open().listInstances({}, {})).rejects.toMatchObject({ code: 'unavailable' });
    }
  });

  test('before 2.45 the id of a snapshot comes from the Location header', async () => {
    const old = scriptedCloud(({ url }) =>
      url.endsWith('/action')
        ? {
            status: 202,
            headers: { location: 'http://glance.test//images/8db32211-93aa-40d7-a33c-e4c0e02492b4' },
          }
        : undefined,
    );
    expect(await old.open().snapshot('i', 'name', {})).toBe('8db32211-93aa-40d7-a33c-e4c0e02492b4');
  });

  test('versions compare by number', () => {
    expect(compareVersions('2.9', '2.46')).toBeLessThan(0);
    expect(compareVersions('2.100', '2.99')).toBeGreaterThan(0);
    expect(compareVersions('2.1', '2.1')).toBe(0);
  });
});
