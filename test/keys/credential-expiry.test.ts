import { afterAll, beforeAll, expect, test } from 'vitest';
import { AdminClient } from '../conformance/admin-keys.ts';
import { type Nodes, startNodes } from '../idempotency/nodes.ts';
import { ADMIN_TOKEN, type RunningGateway } from '../support/gateway.ts';
import { ReduClient } from '../support/redu-client.ts';

let nodes: Nodes;
let node: RunningGateway;
beforeAll(async () => {
  nodes = startNodes();
  node = await nodes.node();
});
afterAll(() => nodes.close());

const SOON = new Date(Math.ceil(Date.now() / 1_000) * 1_000 + 3_600_000).toISOString();
const LATER = new Date(Date.parse(SOON) + 3_600_000).toISOString();
const EARLIER = new Date(Date.parse(SOON) - 1_800_000).toISOString();

test('the expiry of a key cannot exceed that of its credential', async () => {
  const { userName: username, password, projectId: project_id } = nodes.account;
  const body = { name: 'own', expires_at: SOON, credentials: { username, password, project_id } };
  const { id, key } = (await new ReduClient(node.url, '').post('/v1/api_keys', body)).body;
  const admin = new AdminClient(node.url, ADMIN_TOKEN);
  for (const expires_at of [LATER, null]) {
    const refused = await admin.request('PATCH', `/keys/${id}`, { expires_at });
    expect(refused.status).toBe(400);
    expect(refused.body.error.message).toContain(SOON);
  }
  expect((await admin.request('PATCH', `/keys/${id}`, { expires_at: EARLIER })).status).toBe(200);
  expect((await admin.request('PATCH', `/keys/${id}`, { expires_at: SOON })).status).toBe(200);
  const successor = (await new ReduClient(node.url, key).post(`/v1/api_keys/${id}/rotate`, {})).body;
  expect(successor.expires_at).toBe(SOON);
  const refused = await admin.request('PATCH', `/keys/${successor.id}`, { expires_at: LATER });
  expect(refused.status, 'the successor carries the same credential').toBe(400);
});
