import { describe, expect, test } from 'vitest';
import { costOf, countedCloud, listAll } from './counted-cloud.ts';

/** Every list syncs. */
const ALWAYS_ASK = { maxAgeMs: 1e-6 };

describe('an inventory of 5,000 instances of which 5 changed', () => {
  test('transfers those 5, and equals a full list', {
    timeout: 120_000,
  }, async () => {
    const { traffic, behind, reader, truth } = countedCloud(5_000, ALWAYS_ASK);
    const first = await costOf(traffic, () => listAll(reader()));
    expect(first.servers).toBe(5_000);
    // The newest one is transferred again: the list of changes begins with it.
    const idle = await costOf(traffic, () => listAll(reader()));
    expect(idle).toMatchObject({ calls: 2, servers: 1 });

    const instances = await listAll(truth());
    for (const index of [0, 1_000, 2_000, 3_000]) {
      const path = `/servers/${instances[index]?.id}`;
      await behind.compute('PUT', path, { server: { name: `renamed-${index}` } });
    }
    await behind.compute('DELETE', `/servers/${instances[4_000]?.id}`);

    const refreshed = await costOf(traffic, () => listAll(reader()));
    expect(refreshed.servers).toBeLessThanOrEqual(6);
    expect(refreshed.bytes).toBeLessThan(0.01 * first.bytes);
    await expect
      .poll(async () => (await behind.compute('GET', `/servers/${instances[4_000]?.id}`)).status, {
        timeout: 30_000,
      })
      .toBe(404);
    const seen = await listAll(reader());
    expect(seen).toEqual(await listAll(truth()));
    expect(seen).toHaveLength(4_999);
    expect(seen.filter(({ name }) => name.startsWith('renamed-'))).toHaveLength(4);
  });
});

describe('an inventory of some hundreds of instances', () => {
  test('causes no call while it is fresh', async () => {
    const { traffic, reader } = countedCloud(500, { maxAgeMs: 600_000 });
    await listAll(reader());
    const instances = await listAll(reader());
    const cost = await costOf(traffic, async () => {
      await listAll(reader());
      await reader().listInstances({ statuses: ['ACTIVE'] }, { limit: 10 });
      for (const { id } of instances.slice(0, 50)) await reader().getInstance(id);
    });
    expect(cost).toEqual({ calls: 0, bytes: 0, servers: 0 });
  });

  test('returns the same pages as the cloud', async () => {
    const { reader, truth } = countedCloud(500, { maxAgeMs: 600_000 });
    const all = await listAll(reader());
    for (const window of [
      { limit: 7 },
      { limit: 7, marker: all[250]?.id ?? '' },
      { limit: 20, marker: all[490]?.id ?? '' },
    ]) {
      expect(await reader().listInstances({}, window)).toEqual(await truth().listInstances({}, window));
    }
  });

  test('drops an instance that was deleted before it was scheduled', async () => {
    const { behind, reader, truth } = countedCloud(200, ALWAYS_ASK, 600_000);
    const networks = (await behind.network('GET', '/networks')).body.networks;
    const images = (await behind.image('GET', '/images')).body.images;
    const server = {
      name: 'short',
      flavorRef: 'm1.tiny',
      imageRef: images[0].id,
      networks: [{ uuid: networks.find((network: { name: string }) => network.name === 'acme-private').id }],
    };
    await listAll(reader());
    const made = await behind.compute('POST', '/servers', { server });
    expect(made.status, JSON.stringify(made.body)).toBe(202);
    expect(await listAll(reader())).toHaveLength(201);
    await behind.compute('DELETE', `/servers/${made.body.server.id}`);
    expect(await listAll(reader())).toHaveLength(200);
    expect(await listAll(reader())).toEqual(await listAll(truth()));
  });
});
