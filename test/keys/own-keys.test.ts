import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { auditEntry, storedKey } from '../conformance/key-store/samples.ts';
import { type Nodes, startNodes } from '../idempotency/nodes.ts';
import type { RunningGateway } from '../support/gateway.ts';
import { ReduClient } from '../support/redu-client.ts';

/** Living keys that a user may have in a project. */
const MOST = 100;

let nodes: Nodes;
let here: RunningGateway;
let there: RunningGateway;
beforeAll(async () => {
  nodes = startNodes();
  [here, there] = await Promise.all([nodes.node(), nodes.node()]);
});
afterAll(() => nodes.close());

function signUp(node: RunningGateway, headers: Record<string, string> = {}) {
  const { userName: username, password, projectId: project_id } = nodes.account;
  const body = { name: 'own', credentials: { username, password, project_id } };
  return new ReduClient(node.url, '').request('POST', '/v1/api_keys', body, headers);
}
const calls = (pattern: RegExp) => nodes.requests.filter((call) => pattern.test(call)).length;
const made = () => calls(/^POST .*\/application_credentials$/);
const removed = () => calls(/^DELETE .*\/application_credentials\//);

describe('the limit on the keys of one user', () => {
  test('of 160 concurrent sign-ups on two nodes 100 get a key and the rest 413', async () => {
    const answers = await Promise.all(
      Array.from({ length: 160 }, (_, index) => signUp(index % 2 === 0 ? here : there)),
    );
    const statuses = answers.map(({ status }) => status);
    expect(statuses.filter((status) => status === 201)).toHaveLength(MOST);
    expect(statuses.filter((status) => status === 413)).toHaveLength(160 - MOST);
    expect(made() - removed(), 'credentials that the cloud keeps').toBe(MOST);

    const before = made();
    expect((await signUp(here)).body.error).toMatchObject({ code: 'entityTooLarge' });
    expect(made(), 'a sign-up at the limit makes nothing at the cloud').toBe(before);

    const key: string = answers.find(({ status }) => status === 201)?.body.key;
    const client = new ReduClient(here.url, key);
    const path = `/v1/api_keys/${key.split('_')[1]}/rotate`;
    expect((await client.post(path, { overlap_seconds: 60 })).status, 'both keys would live').toBe(413);
    expect((await client.post(path, {})).status).toBe(201);
  });

  test('successful sign-ups consume points of their user over all addresses', async () => {
    const plans = [{ name: 'default', points: 6, projectPoints: 60, seconds: 60 }];
    const node = await nodes.node({ limits: { mode: 'enforce', plans } });
    const { items } = (await (await nodes.client(here)).get('/v1/api_keys?state=active')).body;
    await Promise.all(
      items
        .slice(0, 9)
        .map(({ id }: { id: string }) =>
          here.keys.revoke(id, '2026-05-01T00:00:00.000Z', auditEntry(), 'key'),
        ),
    );
    const before = made();
    const statuses = [];
    for (let n = 0; n < 5; n++) {
      statuses.push((await signUp(node, { 'x-forwarded-for': `198.51.100.${n}` })).status);
    }
    expect(statuses).toEqual([201, 201, 201, 429, 429]);
    expect(made() - before, 'a refused one makes nothing at the cloud').toBe(3);
  });

  test('successful sign-ups consume points of their address over all users', async () => {
    const plans = [{ name: 'default', points: 60, projectPoints: 4, seconds: 60 }];
    const node = await nodes.node({ limits: { mode: 'enforce', plans } });
    const from = (address: string) => signUp(node, { 'x-forwarded-for': address });
    const statuses = [];
    for (let n = 0; n < 3; n++) statuses.push((await from('198.51.100.200')).status);
    expect(statuses).toEqual([201, 201, 429]);
    expect((await from('198.51.100.201')).status).toBe(201);
  });
});

test('a list of 1,100 keys is complete over its pages, oldest first, and can be filtered by state', async () => {
  const client = await nodes.client(here);
  const {
    id: own,
    project_id: projectId,
    user_id: userId,
  } = (await client.get(`/v1/api_keys/${client.key.split('_')[1]}`)).body;
  const living: string[] = [];
  const inserting: Promise<boolean>[] = [];
  for (let n = 0; n < 1_100; n++) {
    // Ids go against age, and every tenth key lives.
    const id = `z${String(9_999 - n).padStart(15, '0')}`;
    const createdAt = new Date(Date.parse('2026-01-01T00:00:00.000Z') + n).toISOString();
    const revokedAt = n % 10 === 0 ? null : '2026-02-01T00:00:00.000Z';
    if (revokedAt === null) living.push(id);
    inserting.push(
      here.keys.insert(storedKey(id, { projectId, userId, createdAt, revokedAt }), auditEntry()),
    );
  }
  await Promise.all(inserting);
  const ids = async (query: string) => {
    const seen: string[] = [];
    for (let cursor = ''; ; ) {
      const { status, body } = await client.get(`/v1/api_keys?${query}${cursor}`);
      expect(status).toBe(200);
      seen.push(...body.items.map(({ id }: { id: string }) => id));
      if (body.next_cursor === null) return seen;
      cursor = `&cursor=${body.next_cursor}`;
    }
  };
  const all = await ids('limit=500');
  expect(all.length).toBe(new Set(all).size);
  expect(all.length).toBeGreaterThan(1_100);
  expect(all).toContain(own);
  expect(living.filter((id) => !all.includes(id))).toEqual([]);
  expect(all.slice(0, 2)).toEqual(['z000000000009999', 'z000000000009998']);
  expect(await ids('')).toEqual(all);
  const active = await ids('limit=7&state=active');
  expect(active.slice(0, living.length)).toEqual(living);
  expect(active).toContain(own);
  for (const cursor of ['1', 'WyJhIiwiYiJd', '%00']) {
    expect((await client.get(`/v1/api_keys?cursor=${cursor}`)).status).toBe(400);
  }
});
