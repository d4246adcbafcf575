import { expect, test, vi } from 'vitest';
import { ID, reduApp } from '../../../test/support/redu-app.ts';
import type { ServerGroup } from '../../compute/model.ts';

const GROUP: ServerGroup = { id: ID, name: 'spread', policy: 'anti-affinity', memberIds: ['m'] };
const SHOWN = { id: ID, name: 'spread', policy: 'anti-affinity', member_ids: ['m'] };

test('lists, makes, shows and deletes', async () => {
  const createServerGroup = vi.fn(async () => GROUP);
  const deleteServerGroup = vi.fn(async () => {});
  const { call } = reduApp({
    listServerGroups: async () => [GROUP],
    getServerGroup: async () => GROUP,
    createServerGroup,
    deleteServerGroup,
  });
  expect((await call('GET', '/v1/server_groups')).json).toEqual({ items: [SHOWN], next_cursor: null });
  expect((await call('GET', `/v1/server_groups/${ID}`)).json).toEqual(SHOWN);
  const made = await call('POST', '/v1/server_groups', { name: 'spread', policy: 'anti-affinity' });
  expect([made.status, made.json]).toEqual([201, SHOWN]);
  expect(made.response.headers.get('Location')).toBe(`/v1/server_groups/${ID}`);
  expect(createServerGroup).toHaveBeenCalledWith('spread', 'anti-affinity');
  expect((await call('DELETE', `/v1/server_groups/${ID}`)).status).toBe(204);
  expect(deleteServerGroup).toHaveBeenCalledWith(ID);
  expect((await call('DELETE', '/v1/server_groups/spread')).status).toBe(404);
});

test('refuses another policy', async () => {
  const body = { name: 'spread', policy: 'random' };
  expect(await reduApp().problems('POST', '/v1/server_groups', body)).toEqual([
    'policy: must be one of affinity, anti-affinity, soft-affinity, soft-anti-affinity',
  ]);
});
