import { describe, expect, test } from 'vitest';
import { scriptedCloud } from '../../../test/support/mock-transport.ts';
import { compareVersions } from './features.ts';

const speaking = (version: string, minimum = '2.1') =>
  scriptedCloud(({ url }) => {
    if (url.endsWith('/v2.1')) return { status: 200, body: { version: { version, min_version: minimum } } };
    return url.includes('/servers') ? { status: 200, body: { servers: [] } } : undefined;
  });

describe('microversions', () => {
  test.each([
    ['2.1', '2.1', '2.1'],
    ['2.1', '2.9', '2.9'],
    ['2.1', '2.22', '2.19'],
    ['2.1', '2.104', '2.26'],
    ['2.30', '2.104', '2.30'],
    ['', '', '2.1'],
  ])('a Nova from "%s" to "%s" gets a list with %s in both headers', async (oldest, newest, sent) => {
    const cloud = speaking(newest, oldest);
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

  test('a call for which 2.1 suffices is sent with 2.1', async () => {
    const cloud = scriptedCloud(({ method }) => (method === 'DELETE' ? { status: 204 } : undefined));
    await cloud.open().deleteInstance('i');
    expect(cloud.requests.at(-1)?.headers['openstack-api-version']).toBe('compute 2.1');
  });

  test('what a cloud lacks is 501 with its name and version, and not sent', async () => {
    const cloud = speaking('2.25');
    await expect(cloud.open().setInstanceTags('i', ['a'])).rejects.toMatchObject({
      code: 'not_implemented',
      message:
        'This cloud has no tags of instances. Its Nova is older than microversion 2.26: its newest is 2.25.',
    });
    expect(cloud.requests.filter(({ url }) => url.includes('/tags'))).toEqual([]);
    await expect(speaking('2.104', '2.92').open().createKeyPair('k', null, 'ssh')).rejects.toMatchObject({
      code: 'not_implemented',
      message:
        'This cloud has no generated key pairs (give a public key). Its Nova is newer than microversion 2.91: its oldest is 2.92.',
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
