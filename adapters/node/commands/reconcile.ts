import { hostname } from 'node:os';
import { wallMs } from '../../../src/clock.ts';
import type { CallContext, Cloud } from '../../../src/compute/cloud.ts';
import { ComputeError, hasCode } from '../../../src/compute/errors.ts';
import { type Orphan, reconcile } from '../../../src/compute/reconcile.ts';
import type { Config } from '../../../src/config/config.ts';
import { ConfigError } from '../../../src/config/config-error.ts';
import { type RunProgress, recordRun } from '../../../src/reconcile/record-run.ts';
import { databaseExists, openStores } from '../../sql/open.ts';
import { prometheusMetrics } from '../prometheus.ts';
import { configuration, openStackOf } from '../wiring.ts';
import { commandCall } from './command-call.ts';
import { print } from './output.ts';
import { chosenRegions } from './regions.ts';
import type { Invocation } from './specification.ts';
import { UsageError } from './usage-error.ts';

const DEFAULT_SECONDS = '600';

interface Released extends Orphan {
  /** Absent where the operator names none. */
  readonly region?: string;
}

export async function run({ values }: Invocation<'reconcile'>): Promise<void> {
  const olderThanSeconds = Number(values['older-than'] ?? DEFAULT_SECONDS);
  if (values['older-than'] === '' || !Number.isInteger(olderThanSeconds) || olderThanSeconds < 0)
    throw new UsageError('--older-than takes whole seconds');
  const config = configuration({ needsSecret: false });
  if (config.openStack === null)
    throw new ConfigError('OS_AUTH_URL', 'is required: there is nothing to reconcile');
  const clouds = openStackOf(config.openStack, config.regions);
  const projectId = values['project-id'];
  const open = (call: CallContext): Cloud =>
    projectId === undefined
      ? clouds.openAsServiceAccount(call)
      : clouds.open({ kind: 'service', projectId }, call);
  const call = commandCall(config, clouds.regions.default);
  const released: Released[] = [];
  const inRegion = async (region: string, progress: RunProgress | null) => {
    try {
      const orphans = await reconcile(open({ ...call, region }), { olderThanSeconds, nowMs: wallMs() });
      progress?.succeeded(region, orphans);
      released.push(...orphans.map((orphan) => ({ ...orphan, ...(region !== '' && { region }) })));
    } catch (error) {
      // As of all projects: nothing of the gateway is in a region without compute or network service.
      if (hasCode(error, 'not_implemented')) return;
      progress?.fails({ region, project: projectId ?? 'service account' }, error);
      const isNamed = region !== '' && error instanceof ComputeError;
      throw isNamed ? new ComputeError(error.code, `${region}: ${error.message}`, { cause: error }) : error;
    }
  };
  try {
    const failures = await recorded(config, call, async (progress) => {
      // Signing in reads the catalog, which has the regions.
      await open(call).caller();
      const regions = chosenRegions(clouds.regions, values.region);
      const settled = [];
      for (const region of regions) settled.push(...(await Promise.allSettled([inRegion(region, progress)])));
      return settled.filter((one) => one.status === 'rejected').map(({ reason }) => reason);
    });
    if (values.json === true) print(JSON.stringify(released));
    else {
      for (const { kind, id, address, description, region } of released)
        print(
          `released ${kind} ${id} ${address} (${description})${region === undefined ? '' : ` in ${region}`}`,
        );
      print(`${released.length} released`);
    }
    // A region that fails stops no other.
    if (failures.length > 0) throw failures[0];
  } finally {
    await clouds.close();
  }
}

/** Records the run for `/admin/v1/reconcile_runs`, where the gateways' database is reachable. */
async function recorded<Result>(
  { databaseUrl }: Config,
  { log }: Pick<CallContext, 'log'>,
  work: (progress: RunProgress | null) => Promise<Result>,
): Promise<Result> {
  if (!databaseExists(databaseUrl)) return work(null);
  const stores = await openStores(databaseUrl).catch((error: unknown) => {
    log.warn('reconcile_run_not_recorded', {}, error);
    return null;
  });
  if (stores === null) return work(null);
  const result = Promise.withResolvers<Result>();
  const ports = { store: stores.reconciles, log, metrics: prometheusMetrics() };
  try {
    const run = { id: crypto.randomUUID(), startedBy: 'command', node: hostname() } as const;
    await recordRun(ports, run, async (progress) => {
      const working = work(progress);
      result.resolve(working);
      await working;
    });
  } finally {
    await stores.keys.close();
  }
  return result.promise;
}
