import { allKeys } from '../../src/access/key-list.ts';
import type { KeyStore } from '../../src/access/key-store.ts';
import { wallMs } from '../../src/clock.ts';
import type { CallContext, Cloud, CloudDriver } from '../../src/compute/cloud.ts';
import { reconcile } from '../../src/compute/reconcile.ts';

const MIN_AGE_SECONDS = 600;
/** Per run, which has 15 minutes. */
const MAX_PROJECTS = 500;

interface ReconcileContext {
  readonly clouds: CloudDriver;
  /** The cloud as the service account sees it in its own project. */
  readonly openAsServiceAccount: (call: CallContext) => Cloud;
  readonly keys: KeyStore;
  readonly call: CallContext;
}

/**
 * Reconciles the service account's project and each project with a service key. A failure is logged as `reconcile_failed` and does
 * not stop the run.
 */
export async function reconcileProjects({
  clouds,
  openAsServiceAccount,
  keys,
  call,
}: ReconcileContext): Promise<void> {
  const reconcileProject = async (project: string, cloud: Cloud) => {
    await reconcile(cloud, { olderThanSeconds: MIN_AGE_SECONDS, nowMs: wallMs() }).catch((error: unknown) =>
      call.log.error('reconcile_failed', { project }, error),
    );
  };
  await reconcileProject('service account', openAsServiceAccount(call));
  for (const projectId of await projectsOfServiceKeys(keys)) {
    await reconcileProject(projectId, clouds.open({ kind: 'service', projectId }, call));
  }
}

async function projectsOfServiceKeys(keys: KeyStore): Promise<Set<string>> {
  const projects = new Set<string>();
  for await (const { projectId } of allKeys(keys, { userId: null })) {
    projects.add(projectId);
    if (projects.size >= MAX_PROJECTS) break;
  }
  return projects;
}
