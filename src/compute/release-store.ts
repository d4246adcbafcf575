import type { Release } from './release.ts';

/**
 * Pending releases of all gateways. Contract, held by `test/conformance/release-store.ts`: a resolved write survives the process;
 * times are as `Date.toISOString` prints them; an unreachable database rejects with `ComputeError` `unavailable`.
 */
export interface ReleaseStore {
  put(release: Release, dueAt: string): Promise<void>;
  /** A missing one is no error. */
  remove(id: string): Promise<void>;
  /** Due at `now`, the longest due first. */
  due(now: string, limit: number): Promise<readonly Release[]>;
}

/** For a gateway whose releases end with the process. */
export const NO_RELEASE_STORE: ReleaseStore = {
  async put() {},
  async remove() {},
  due: async () => [],
};
