import { hostname } from 'node:os';
import { wallMs } from '../../../src/clock.ts';
import type { CallContext } from '../../../src/compute/cloud.ts';
import { type Orphan, reconcile } from '../../../src/compute/reconcile.ts';
import type { Config } from '../../../src/config/config.ts';
import { ConfigError } from '../../../src/config/config-error.ts';
import { recordRun } from '../../../src/reconcile/record-run.ts';
import { databaseExists, openStores } from '../../sql/open.ts';
import { prometheusMetrics } from '../prometheus.ts';
import { configuration, openStackOf } from '../wiring.ts';
import { commandCall } from './command-call.ts';
import { print } from './output.ts';
import type { Invocation } from './specification.ts';
import { UsageError } from './usage-error.ts';

const DEFAULT_SECONDS = '600';

export async function run({ values }: Invocation<'reconcile'>): Promise<void> {
  const olderThanSeconds = Number(values['older-than'] ?? DEFAULT_SECONDS);
  if (values['older-than'] === '' || !Number.isInteger(olderThanSeconds) || olderThanSeconds < 0)
    throw new UsageError('--older-than takes whole seconds');
  const config = configuration({ needsSecret: false });
  if (config.openStack === null)
    throw new ConfigError('OS_AUTH_URL', 'is required: there is nothing to reconcile');
  const clouds = openStackOf(config.openStack, config.regions);
  const call = commandCall(config, clouds.regions.default);
  const projectId = values['project-id'];
  try {
    const cloud =
      projectId === undefined
        ? clouds.openAsServiceAccount(call)
        : clouds.open({ kind: 'service', projectId }, call);
    const released = await recorded(config, call, projectId ?? 'service account', () =>
      reconcile(cloud, { olderThanSeconds, nowMs: wallMs() }),
    );
    if (values.json === true) return print(JSON.stringify(released));
    for (const { kind, id, address, description } of released)
      print(`released ${kind} ${id} ${address} (${description})`);
    print(`${released.length} released`);
  } finally {
    await clouds.close();
  }
}

/** Records the run for `/admin/v1/reconcile_runs`, where the gateways' database is reachable. */
async function recorded(
  { databaseUrl }: Config,
  call: CallContext,
  project: string,
  work: () => Promise<Orphan[]>,
): Promise<Orphan[]> {
  const { log } = call;
  if (!databaseExists(databaseUrl)) return work();
  const stores = await openStores(databaseUrl).catch((error: unknown) => {
    log.warn('reconcile_run_not_recorded', {}, error);
    return null;
  });
  if (stores === null) return work();
  const result = Promise.withResolvers<Orphan[]>();
  const ports = { store: stores.reconciles, log, metrics: prometheusMetrics() };
  try {
    const run = { id: crypto.randomUUID(), startedBy: 'command', node: hostname() } as const;
    await recordRun(ports, run, async (progress) => {
      const working = work();
      result.resolve(working);
      await working.then(
        (orphans) => progress.succeeded(orphans),
        (error: unknown) => progress.fails({ region: call.region, project }, error),
      );
    });
  } finally {
    await stores.keys.close();
  }
  return result.promise;
}
