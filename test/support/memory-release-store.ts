import type { Release } from '../../src/compute/release.ts';
import type { ReleaseStore } from '../../src/compute/release-store.ts';

/** Releases that live as long as the process. */
export function memoryReleaseStore(): ReleaseStore {
  const records = new Map<string, { readonly release: Release; readonly dueAt: string }>();
  return {
    async put(release, dueAt) {
      records.set(release.id, { release, dueAt });
    },
    async remove(id) {
      records.delete(id);
    },
    async due(now, limit) {
      const due = [...records.values()].filter(({ dueAt }) => dueAt <= now);
      due.sort((a, b) => (a.dueAt < b.dueAt ? -1 : 1));
      return due.slice(0, limit).map(({ release }) => release);
    },
  };
}
