import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');

/** Where an instant is stored, shown, or compared with one that was stored; everything else measures by the monotonic clock. */
const WALL_CLOCK: Readonly<Record<string, string>> = {
  'adapters/node/demo-key.ts': 'stores the expiry of the demo key',
  'adapters/node/commands/doctor-checks.ts': 'compares stored expiries',
  'adapters/node/commands/keys-export.ts': 'shows when it exported',
  'adapters/node/commands/keys-list.ts': 'compares stored expiries',
  'adapters/node/commands/keys-reseal-status.ts': 'keys that live now',
  'adapters/node/commands/reconcile.ts': 'compares when resources were made at the cloud',
  'adapters/node/logger.ts': 'shows when a line was written',
  'adapters/node/redu-sandbox.ts': 'stores the expiry of the demo key',
  'adapters/openstack/keystone/token.ts': 'compares an expiry that comes without the instant of issue',
  'adapters/sandbox/index.ts': 'shows instants as a cloud does, from the wall clock at its start',
  'adapters/workers/colo-cache.ts': 'stores for other isolates when a response was fetched',
  'adapters/workers/colo-versions.ts': 'numbers versions for other isolates',
  'adapters/workers/console-logger.ts': 'shows when a line was written',
  'adapters/workers/handler.ts': 'shows when a line was written',
  'adapters/workers/limit-object.ts': 'stores the end of a window, which outlives its process',
  'adapters/workers/sandbox-object.ts': 'stores when an alarm is due',
  'src/access/delegate-key.ts': 'compares stored expiries',
  'src/access/derived-credential.ts': 'stores until when a revocation is kept',
  'src/access/issue-key.ts': 'stores instants of keys and audit entries',
  'src/access/journal.ts': 'stores when keys were used and refused',
  'src/access/key-schemas.ts': 'compares stored expiries',
  'src/access/key-token.ts': 'compares the expiry that is sealed in a token',
  'src/access/key-verifier.ts': 'compares stored expiries',
  'src/access/retention.ts': 'compares stored expiries',
  'src/access/withdraw-credentials.ts': 'compares stored expiries',
  'src/access/update-key.ts': 'compares stored expiries',
  'src/access/revoke-key.ts': 'stores when a key was revoked',
  'src/compute/create-instance.ts': 'shows when an instance was made',
  'src/compute/pending-releases.ts': 'stores when a release is due and settled',
  'src/console/console.ts': 'seals the expiry of a session; shows what is left of it',
  'src/console/session.ts': 'compares the expiry that is sealed in a session',
  'src/dialects/nova/identity/application-credentials.ts': 'compares stored expiries',
  'src/dialects/nova/identity/tokens.ts': 'seals and shows instants of tokens',
  'src/access/key-list.ts': 'compares stored expiries',
  'src/dialects/redu/retries.ts': 'compares stored expiries',
  'src/access/key-metrics.ts': 'compares stored expiries',
  'src/traffic/events/poller.ts': 'shows when an event was noticed',
  'src/traffic/idempotency/attempts.ts': 'stores leases, which are bounded by the monotonic clock as well',
  'src/traffic/idempotency/idempotency.ts': 'compares stored expiries',
  'src/health/node-presence.ts': 'stores when a node was seen',
  'src/health/operator-health.ts': 'compares when a node was seen',
  'src/reconcile/reconcile-projects.ts': 'compares when resources were made at the cloud and keys revoked',
  'src/reconcile/reconcile-routes.ts': 'compares when a run was seen',
  'src/reconcile/reconcile-schedule.ts': 'stores the end of a lease, which other nodes read',
  'src/reconcile/record-run.ts': 'stores when a run started and was seen',
  'src/usage/usage-routes.ts': 'ends the default interval at the present hour',
  'src/usage/usage.ts': 'stores the hour of a request',
};

/** Pages of a browser, which import nothing of the server. */
const PAGES: Readonly<Record<string, string>> = {
  'src/console/browser/key-parts.ts': 'a stored expiry',
  'src/console/browser/rate-limit.ts': 'shows when a reading was taken',
  'src/console/browser/times.ts': 'shows how long ago an instant was',
};

const READS_WALL_CLOCK = /\bDate\s*\.\s*now\b|\bnew Date\(\s*\)|\bDate\(\s*\)/;
const USES_WALL_CLOCK = /\bwall(?:Ms|Time)\b/;

const files = ['src', 'adapters']
  .flatMap((folder) => readdirSync(join(ROOT, folder), { recursive: true, withFileTypes: true }))
  .filter((entry) => entry.isFile() && /\.ts$/.test(entry.name) && !/\.test\.ts$/.test(entry.name))
  .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)).replaceAll('\\', '/'));

const code = (file: string) =>
  readFileSync(join(ROOT, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|(?<!:)\/\/.*$/gm, '');

test('the wall clock is read in one module, and on the pages of the console', () => {
  const readers = files.filter((file) => READS_WALL_CLOCK.test(code(file)));
  expect(readers.sort()).toEqual(['src/clock.ts', ...Object.keys(PAGES)].sort());
});

test('the wall clock is used only to store, show or compare an instant', () => {
  const users = files.filter((file) => file !== 'src/clock.ts' && USES_WALL_CLOCK.test(code(file)));
  expect(users.sort()).toEqual(Object.keys(WALL_CLOCK).sort());
});
