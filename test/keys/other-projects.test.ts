import { afterAll, beforeAll, expect, test } from 'vitest';
import { IMAGE } from '../conformance/target.ts';
import { ReduClient } from '../support/redu-client.ts';
import { type SandboxTarget, sandboxTarget } from '../support/sandbox-target.ts';

let target: SandboxTarget;
let acme: ReduClient;
let id: string;
beforeAll(async () => {
  target = await sandboxTarget();
  acme = await target.acme.client();
  const body = { name: 'web', flavor_id: 'm1.tiny', image_id: IMAGE, metadata: { isPublic: true } };
  id = (await acme.boot(body)).id;
});
afterAll(() => target.close());

/** A key of the operator's own project, whose user is an administrator at the cloud. */
async function operator(scopes: readonly string[]): Promise<ReduClient> {
  const response = await fetch(`${target.url}/admin/v1/keys`, {
    method: 'POST',
    headers: { authorization: `Bearer ${target.adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify({ name: 'operator', project_id: target.adminProjectId, scopes }),
  });
  return new ReduClient(target.url, (await response.json()).key);
}
const READS = ['', '/actions', '/console_log'];
const ACTING = ['instances:read', 'instances:write'];

test('an administrator’s key with the scope admin shows an instance of another project with its flags', async () => {
  const admin = await operator([...ACTING, 'admin']);
  for (const path of READS) expect((await admin.get(`/v1/instances/${id}${path}`)).status, path).toBe(200);
  const { body } = await admin.get(`/v1/instances/${id}`);
  expect(body).toMatchObject({ project_id: target.acme.projectId, metadata: { isPublic: 'true' } });
  expect((await admin.post(`/v1/instances/${id}/console`, {})).status).toBe(200);
});

test('it shows one with a volume', async () => {
  const admin = await operator([...ACTING, 'admin']);
  const { body: volume } = await acme.post('/v1/volumes', { name: 'data', size_gb: 1 });
  const isAvailable = async () => (await acme.get(`/v1/volumes/${volume.id}`)).body.status === 'available';
  await expect.poll(isAvailable, { timeout: 10_000 }).toBe(true);
  expect((await acme.post(`/v1/instances/${id}/volumes`, { volume_id: volume.id })).status).toBe(202);
  const shown = async () => (await admin.get(`/v1/instances/${id}`)).body.volumes;
  await expect.poll(shown, { timeout: 10_000 }).toMatchObject([{ id: volume.id }]);
});

test('it acts on it, and its owner sees that', async () => {
  const admin = await operator([...ACTING, 'admin']);
  expect((await admin.act(id, 'stop')).status).toBe(202);
  await acme.until(id, ({ state }) => state === 'stopped');
  expect((await admin.act(id, 'start')).status).toBe(202);
  await acme.until(id, ({ state }) => state === 'active');
  const confirmed = await admin.act(id, 'resize', { flavor_id: 'm1.small', auto_confirm: true });
  expect([confirmed.status, confirmed.body.error.details[0].field]).toEqual([400, 'auto_confirm']);
});

test('changes and deletion stay within the project', async () => {
  const admin = await operator([...ACTING, 'admin']);
  expect((await admin.patch(`/v1/instances/${id}`, { name: 'mine' })).status).toBe(404);
  expect((await admin.delete(`/v1/instances/${id}`)).status).toBe(404);
});

test.each([
  ['without the scope, also after a cached response for one with it', async () => operator(ACTING)],
  [
    'with the scope alone, as a member at the cloud',
    async () => target.globex.client([...ACTING, 'admin'] as never),
  ],
])('%s it is 404', async (_, client) => {
  const admin = await operator([...ACTING, 'admin']);
  const other = await client();
  for (const path of READS) {
    await admin.get(`/v1/instances/${id}${path}`);
    expect((await other.get(`/v1/instances/${id}${path}`)).status, path).toBe(404);
  }
  expect((await other.act(id, 'stop')).status).toBe(404);
  expect((await other.post(`/v1/instances/${id}/console`, {})).status).toBe(404);
});
