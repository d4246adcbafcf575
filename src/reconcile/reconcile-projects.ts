import type { KeyStore } from '../access/key-store.ts';
import { deadlineIn, wallMs } from '../clock.ts';
import { CallTrace } from '../compute/call-trace.ts';
import type { CallContext, Cloud } from '../compute/cloud.ts';
import { hasCode } from '../compute/errors.ts';
import { reconcile } from '../compute/reconcile.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { RunProgress } from './record-run.ts';

/** More than any request may take, so that nothing of a request in flight is released. */
const MIN_AGE_SECONDS = 600;
const PROJECT_TIMEOUT_MS = 120_000;
const PROJECTS_PER_PAGE = 500;
/** What the last request of a key left is found after the key was revoked. */
const REVOKED_WITHIN_MS = 86_400_000;

/** The service account's view of the cloud. */
export interface ServiceAccountClouds {
  /** As `ServedRegions.served`: the first sign-in may add some. */
  readonly regions: () => readonly string[];
  /** Its own project; null: it has none. */
  readonly own: ((call: CallContext) => Cloud) | null;
  /** Another project; resolves with null without a role there. Absent: the account is bound to its own project. */
  readonly inProject?: (projectId: string, call: CallContext) => Promise<Cloud | null>;
}

export interface ReconcilePorts {
  readonly clouds: ServiceAccountClouds;
  readonly keys: Pick<KeyStore, 'listProjects'>;
  readonly log: Logger;
}

/**
 * Reconciles the service account's project and each project with keys, one after the other and in one region after the other, until
 * `signal` is aborted. A project that fails stops no other. An account that cannot use its own project is not tried in others:
 * Keystone might lock it.
 *
 * @throws The database's error.
 */
export async function reconcileProjects(
  ports: ReconcilePorts,
  progress: RunProgress,
  signal: AbortSignal,
): Promise<void> {
  const done = new Set<string>();
  const next = () => ports.clouds.regions().find((region) => !done.has(region));
  for (let region = next(); region !== undefined; region = next()) {
    done.add(region);
    await reconcileRegion(ports, region, progress, signal);
  }
}

async function reconcileRegion(
  { clouds, keys, log }: ReconcilePorts,
  region: string,
  progress: RunProgress,
  signal: AbortSignal,
): Promise<void> {
  const { own, inProject } = clouds;
  const inOne = async (project: string, open: (call: CallContext) => Promise<Cloud | null>) => {
    const requestId = `req-${crypto.randomUUID()}`;
    const deadline = deadlineIn(PROJECT_TIMEOUT_MS);
    const call = { region, deadline, requestId, log, trace: new CallTrace() };
    try {
      const cloud = await open(call);
      if (cloud === null) {
        progress.skipped += 1;
        return null;
      }
      const released = await reconcile(cloud, { olderThanSeconds: MIN_AGE_SECONDS, nowMs: wallMs() });
      progress.succeeded(region, released);
      return (await cloud.caller()).projectId;
    } catch (error) {
      // Nothing of the gateway is in a region without compute or network service.
      if (!hasCode(error, 'not_implemented')) progress.fails({ region, project }, error);
      return null;
    }
  };

  const ownId = own === null ? null : await inOne('service account', async (call) => own(call));
  if (inProject === undefined || (own !== null && ownId === null)) return;
  for await (const projectId of projectsOf(keys)) {
    if (signal.aborted) {
      progress.isStopped = true;
      return;
    }
    if (projectId === ownId) continue;
    await inOne(projectId, (call) => inProject(projectId, call));
  }
}

/** All of them, from a random one on: runs that are cut off do not leave the same ones out each time. */
async function* projectsOf(keys: Pick<KeyStore, 'listProjects'>): AsyncGenerator<string, void, void> {
  const first = crypto.randomUUID().replaceAll('-', '');
  yield* projectsAfter(keys, first);
  for await (const projectId of projectsAfter(keys, '')) {
    if (projectId > first) return;
    yield projectId;
  }
}

async function* projectsAfter(
  keys: Pick<KeyStore, 'listProjects'>,
  start: string,
): AsyncGenerator<string, void, void> {
  const revokedSince = new Date(wallMs() - REVOKED_WITHIN_MS).toISOString();
  for (let after = start; ; ) {
    const page = await keys.listProjects(revokedSince, { limit: PROJECTS_PER_PAGE, after });
    yield* page;
    const last = page.at(-1);
    if (last === undefined || page.length < PROJECTS_PER_PAGE) return;
    after = last;
  }
}
