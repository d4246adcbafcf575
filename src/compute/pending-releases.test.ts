import { expect, test } from 'vitest';
import { memoryReleaseStore } from '../../test/support/memory-release-store.ts';
import { silentLogger } from '../../test/support/silent-logger.ts';
import type { Cloud } from './cloud.ts';
import { ComputeError } from './errors.ts';
import { PendingReleases } from './pending-releases.ts';
import { NO_REGIONS } from './regions.ts';

/** A cloud that is down; `called` has the projects that tried. */
function downFor(projectId: string, called: Set<string>): Cloud {
  const cloud: Cloud = new Proxy({} as Cloud, {
    get(_, name) {
      if (name === 'detached') return () => cloud;
      if (name === 'log') return silentLogger;
      return async () => {
        called.add(projectId);
        throw new ComputeError('unavailable', 'The cloud is down.');
      };
    },
  });
  return cloud;
}

test('projects that wait for their next attempt leave the others their turn', async () => {
  const called = new Set<string>();
  const releases = new PendingReleases({
    store: memoryReleaseStore(),
    clouds: { regions: NO_REGIONS, open: () => downFor('', called) },
    log: silentLogger,
    changed: async () => {},
  });
  const projects = Array.from({ length: 40 }, (_, n) => `p${n}`);
  for (const projectId of projects) {
    const release = { id: projectId, projectId, settledAt: 0, instanceId: null, portIds: [projectId] };
    const rest = { floatingIpIds: [], address: null, mark: null, serverMark: null };
    releases.begin(downFor(projectId, called), { ...release, ...rest });
  }
  await expect.poll(() => called.size, { timeout: 3_000 }).toBe(projects.length);
  releases.stop();
});
