import { beforeAll, describe, expect, test } from 'vitest';
import type { ReduClient } from '../support/redu-client.ts';
import { AdminClient } from './admin-keys.ts';
import type { Target } from './target.ts';

export interface UsageItem {
  readonly start: string;
  readonly project_id: string;
  readonly key_id: string | null;
  readonly requests: number;
  readonly points: number;
  readonly client_errors: number;
  readonly server_errors: number;
}

export const idOf = ({ key }: ReduClient) => key.split('_')[1] ?? '';

/** Also over the turn of an hour. */
export function sumOf(items: readonly UsageItem[]) {
  const add = (field: 'requests' | 'points' | 'client_errors' | 'server_errors') =>
    items.reduce((sum, item) => sum + item[field], 0);
  return [add('requests'), add('points'), add('client_errors'), add('server_errors')];
}

export function usageConformance(target: () => Target): void {
  describe('usage', () => {
    let acme: ReduClient;
    let globex: ReduClient;
    let admin: AdminClient;
    let begin: string;
    beforeAll(async () => {
      begin = new Date().toISOString();
      admin = new AdminClient(target().url, target().adminToken);
      [acme, globex] = [await target().acme.client(), await target().globex.client()];
      // Two reads, of which the second is cached; a rejected write; reads in the dialect of Nova.
      for (const status of [200, 200]) expect((await acme.get('/v1/flavors')).status).toBe(status);
      expect((await acme.post('/v1/instances', {})).status).toBe(400);
      for (const id of ['detail', '00000000-0000-4000-8000-000000000000']) {
        await fetch(`${acme.url}/compute/v2.1/servers/${id}`, { headers: { 'x-auth-token': acme.key } });
      }
      await globex.get('/v1/me');
    });

    test('counts requests, points and errors of both dialects by key', async () => {
      const { status, body } = await admin.request('GET', `/usage?from=${begin}&key_id=${idOf(acme)}`);
      expect(status).toBe(200);
      expect(sumOf(body.items)).toEqual([5, 9, 2, 0]);
      expect(body.items.at(-1)).toMatchObject({
        start: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:00:00\.000Z$/),
        project_id: target().acme.projectId,
        key_id: idOf(acme),
      });
    });

    test('a key sees the usage of its own project only', async () => {
      const { body } = await globex.get(`/v1/usage?from=${begin}`);
      const projects = new Set(body.items.map(({ project_id }: UsageItem) => project_id));
      expect([...projects]).toEqual([target().globex.projectId]);
      expect((await globex.get(`/v1/usage?from=${begin}&key_id=${idOf(acme)}`)).body.items).toEqual([]);
      const foreign = await globex.get(`/v1/usage?project_id=${target().acme.projectId}`);
      expect([foreign.status, foreign.body.error.details[0].field]).toEqual([400, 'project_id']);
    });

    test('without the scope instances:read usage is 403', async () => {
      const client = await target().acme.client(['keypairs:write']);
      expect((await client.get('/v1/usage')).status).toBe(403);
    });
  });
}
