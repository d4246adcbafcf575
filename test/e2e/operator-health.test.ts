import { afterAll, beforeAll, expect, test } from 'vitest';
import { VERSION } from '../../src/version.ts';
import { FaultyCloud } from '../support/faulty-cloud.ts';
import { type GatewayProcess, runCommand, startProcess } from '../support/gateway-process.ts';
import { type SharedKeys, sharedKeys } from '../support/shared-keys.ts';

const ADMIN_TOKEN = 'admin-token-of-the-tests';

let shared: SharedKeys;
let nodes: GatewayProcess[];
beforeAll(async () => {
  shared = sharedKeys();
  const environment = {
    LINGUANOVA_SANDBOX: '1',
    LINGUANOVA_SECRET: shared.secret,
    LINGUANOVA_ADMIN_TOKEN: ADMIN_TOKEN,
    LINGUANOVA_RECONCILE_MINUTES: '1',
    DATABASE_URL: `sqlite:${shared.folder}/keys.db`,
  };
  nodes = await Promise.all([startProcess(environment), startProcess(environment)]);
});
afterAll(async () => {
  await Promise.all(nodes.map((node) => node.end('SIGKILL')));
  await shared.close();
});

const urlOf = (index: number) => nodes[index]?.url ?? '';
async function asOperator(index: number, path: string) {
  const headers = { authorization: `Bearer ${ADMIN_TOKEN}` };
  const response = await fetch(`${urlOf(index)}/admin/v1${path}`, { headers });
  expect(response.status).toBe(200);
  return response.json();
}
const linesOf = (index: number) =>
  (nodes[index]?.stderr() ?? '')
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line));

test('a node shows all nodes on its database, its dependencies, cache and cloud', async () => {
  const key = /x-api-key: (ln_\w+)/.exec(nodes[0]?.stdout() ?? '')?.[1] ?? '';
  for (let reads = 0; reads < 4; reads++) {
    await fetch(`${urlOf(0)}/v1/instances`, { headers: { 'x-api-key': key } });
  }
  await expect.poll(async () => (await asOperator(0, '/health')).nodes).toHaveLength(2);
  const { nodes: listed, latency_ms, ...health } = await asOperator(0, '/health');
  const ok = { status: 'ok', secret: 'ok', schema: 'ok', store: 'ok', cloud: 'ok' };
  expect(health).toEqual({ ...ok, version: VERSION });
  expect(latency_ms).toEqual({ store: expect.any(Number), cloud: expect.any(Number) });
  const self = listed.find(({ is_self }: { is_self: boolean }) => is_self);
  expect(self).toMatchObject({ version: VERSION, state: 'up', cache: { reads: 4, hit_ratio: 0.75 } });
  expect(self.id).toBe(linesOf(0).find(({ msg }) => msg === 'gateway_started').node);
  const compute = self.upstream.find(({ service }: { service: string }) => service === 'compute');
  expect(compute).toMatchObject({ circuit: 'closed', failures: 0, p95_ms: expect.any(Number) });
});

test('one of two nodes reconciles, and both show its run', { timeout: 30_000 }, async () => {
  const runsAt = async (index: number) => (await asOperator(index, '/reconcile_runs')).items;
  await expect.poll(async () => (await runsAt(0))[0]?.state, { timeout: 20_000 }).toBe('completed');
  expect(await runsAt(0)).toMatchObject([{ started_by: 'schedule', failed: 0, released: 0, error: null }]);
  expect(await runsAt(1)).toEqual(await runsAt(0));
  // Log lines are batched.
  const finished = () =>
    [0, 1].flatMap((index) => linesOf(index).filter(({ msg }) => msg === 'reconcile_finished'));
  await expect.poll(finished).toMatchObject([{ outcome: 'completed' }]);
});

test('a run of the command is recorded, whether it succeeds or fails', { timeout: 30_000 }, async () => {
  const cloud = await FaultyCloud.start();
  const [account] = cloud.accounts;
  const environment = {
    OS_AUTH_URL: cloud.authUrl,
    OS_APPLICATION_CREDENTIAL_ID: account?.applicationCredentialId ?? '',
    OS_APPLICATION_CREDENTIAL_SECRET: account?.applicationCredentialSecret ?? '',
    DATABASE_URL: `sqlite:${shared.folder}/keys.db`,
  };
  try {
    const done = await runCommand(['reconcile', '--json'], environment);
    expect([done.code, done.stdout, done.stderr]).toEqual([0, '[]\n', '']);
    const wrong = await runCommand(['reconcile'], { ...environment, OS_APPLICATION_CREDENTIAL_SECRET: 'x' });
    expect([wrong.code, wrong.stdout]).toEqual([1, '']);
    const { items } = await asOperator(0, '/reconcile_runs?limit=2');
    const run = { started_by: 'command', projects: 1 };
    expect(items).toMatchObject([
      { ...run, state: 'failed', failed: 1, error: expect.stringContaining('cloud') },
      { ...run, state: 'completed', failed: 0, error: null },
    ]);
  } finally {
    await cloud.stop();
  }
});

test('a node that is stopped says so in its log and leaves the list', async () => {
  expect(linesOf(1)[0]).toMatchObject({ msg: 'gateway_started', version: VERSION, url: urlOf(1) });
  expect(await nodes[1]?.end('SIGTERM')).toBe(0);
  const events = linesOf(1).map(({ msg }) => msg);
  expect(events.slice(-2)).toEqual(['gateway_stopping', 'gateway_stopped']);
  expect((await asOperator(0, '/health')).nodes).toHaveLength(1);
});
