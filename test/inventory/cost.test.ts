import { describe, expect, test } from 'vitest';
import { costOf, countedCloud, listAll } from './counted-cloud.ts';

/** So short that every list asks the cloud. */
const ALWAYS_ASK = { maxAgeMs: 1e-6 };

describe('a fleet of 5,000 of which 5 changed', () => {
  test('is refreshed by transferring those 5, and is what a full list shows', {
    timeout: 120_000,
  }, async () => {
    const { answered, behind, reader, truth } = countedCloud(5_000, ALWAYS_ASK);
    const first = await costOf(answered, () => listAll(reader()));
    expect(first.servers).toBe(5_000);
    // The newest of them is told again: it is where the list of changes begins.
    const idle = await costOf(answered, () => listAll(reader()));
    expect(idle).toMatchObject({ calls: 2, servers: 1 });

    const instances = await listAll(truth());
    for (const index of [0, 1_000, 2_000, 3_000]) {
      const path = `/servers/${instances[index]?.id}`;
      await behind.compute('PUT', path, { server: { name: `renamed-${index}` } });
    }
    await behind.compute('DELETE', `/servers/${instances[4_000]?.id}`);

    const refreshed = await costOf(answered, () => listAll(reader()));
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

describe('a fleet of some hundreds', () => {
  test('is asked for nothing while it is fresh', async () => {
    const { answered, reader } = countedCloud(500, { maxAgeMs: 600_000 });
    await listAll(reader());
    const instances = await listAll(reader());
    const cost = await costOf(answered, async () => {
      await listAll(reader());
      await reader().listInstances({ statuses: ['ACTIVE'] }, { limit: 10 });
      for (const { id } of instances.slice(0, 50)) await reader().getInstance(id);
    });
    expect(cost).toEqual({ calls: 0, bytes: 0, servers: 0 });
  });

  test('pages as the cloud does', async () => {
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

  test('shows what was booted and deleted before it was scheduled no more', async () => {
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
