import { describe, expect, test } from 'vitest';
import { scriptedCloud } from '../../test/support/mock-transport.ts';

/** A Nova that pages by three and, as the real one does, links from a full last page to an empty one. */
function pagingNova(total: number, maxLimit = 3) {
  const ids = Array.from({ length: total }, (_, n) => `server-${n}`);
  return scriptedCloud(({ url }) => {
    const { pathname, searchParams } = new URL(url);
    if (!pathname.endsWith('/servers/detail')) return undefined;
    const limit = Math.min(Number(searchParams.get('limit') ?? maxLimit), maxLimit);
    const marker = searchParams.get('marker');
    const from = marker === null ? 0 : ids.indexOf(marker) + 1;
    const page = ids.slice(from, from + limit);
    const next = `http://nova.internal.test/other/path?limit=${limit}&marker=${page.at(-1)}`;
    const links = page.length === limit ? { servers_links: [{ rel: 'next', href: next }] } : {};
    return { status: 200, body: { servers: page.map(server), ...links } };
  });
}

describe('lists of instances', () => {
  test.each([0, 1, 2, 3, 4, 6, 7])('joins %i instances from pages of three', async (total) => {
    const { instances, more } = await pagingNova(total).open().listInstances({}, {});
    expect(instances.map(({ id }) => id)).toEqual(Array.from({ length: total }, (_, n) => `server-${n}`));
    expect(more).toBe(false);
  });

  test.each([
    [6, 6, false],
    [6, 5, true],
    [6, 2, true],
    [3, 3, false],
    [7, 6, true],
    [7, 100, false],
  ])('of %i instances, limit %i: more is %s', async (total, limit, more) => {
    const page = await pagingNova(total).open().listInstances({}, { limit });
    expect(page.instances).toHaveLength(Math.min(total, limit));
    expect(page.more).toBe(more);
  });

  test('a link to the same page ends the list, and no link is followed to another address', async () => {
    const cloud = pagingNova(4);
    await cloud.open().listInstances({}, {});
    expect(cloud.requests.filter(({ url }) => url.includes('nova.internal.test'))).toEqual([]);
    const looping = scriptedCloud(({ url }) =>
      url.includes('/servers/detail')
        ? {
            status: 200,
            body: { servers: [server('a')], servers_links: [{ rel: 'next', href: '?marker=a' }] },
          }
        : undefined,
    );
    expect((await looping.open().listInstances({}, {})).instances).toHaveLength(2);
  });

  test('a list that does not terminate is bad_gateway', async () => {
    let n = 0;
    const endless = scriptedCloud(({ url }) => {
      if (!url.includes('/servers/detail')) return undefined;
      n += 1;
      return { status: 200, body: { servers: [], servers_links: [{ rel: 'next', href: `?marker=${n}` }] } };
    });
    await expect(endless.open().listInstances({}, {})).rejects.toMatchObject({ code: 'bad_gateway' });
  });
});

function server(id: string) {
  return {
    id,
    name: id,
    status: 'ACTIVE',
    tenant_id: 'p',
    user_id: 'u',
    created: '2026-11-22T12:07:59Z',
    updated: '2026-11-22T12:07:59Z',
    metadata: {},
    image: '',
    flavor: { id: 'f' },
    addresses: {},
  };
}
