import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseSync } from 'node:sqlite';
import { afterAll, expect, test } from 'vitest';
import { startProcess } from '../support/gateway-process.ts';

const folder = mkdtempSync(join(tmpdir(), 'linguanova-usage-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

test('SIGTERM during traffic stores every request that was served, of both dialects', async () => {
  const gateway = await startProcess({ LINGUANOVA_SANDBOX: '1', LOG_LEVEL: 'silent' }, folder);
  const key = /x-api-key: (ln_\w+)/.exec(gateway.stdout())?.[1] ?? '';
  const served = { requests: 0, clientErrors: 0 };
  let isStopping = false;
  /** Alternates until the gateway accepts no connection. */
  const ask = async (path: string, headers: Record<string, string>) => {
    for (;;) {
      const response = await fetch(gateway.url + path, { headers }).catch(() => null);
      if (response === null) return;
      served.requests += 1;
      if (response.status === 404) served.clientErrors += 1;
      await response.arrayBuffer();
      if (!isStopping && served.requests >= 200) {
        isStopping = true;
        gateway.child.kill('SIGTERM');
      }
    }
  };
  await Promise.all([
    ask('/v1/instances', { 'x-api-key': key }),
    ask('/v1/flavors/none', { 'x-api-key': key }),
    ask('/compute/v2.1/servers', { 'x-auth-token': key }),
  ]);
  expect(await gateway.end('SIGTERM')).toBe(0);
  const database = new DatabaseSync(join(folder, '.linguanova/keys.db'));
  const [stored] = database
    .prepare('select sum(requests) as requests, sum(client_errors) as errors from usage_hour')
    .all() as { requests: number; errors: number }[];
  database.close();
  expect(stored?.requests).toBeGreaterThanOrEqual(100);
  expect(stored).toEqual({ requests: served.requests, errors: served.clientErrors });
});
