import type { Release } from './release.ts';

/**
 * Where releases are stored until they are done, for all gateways that share it. Drivers: memory, and SQL over Kysely. The
 * contract is kept by `test/conformance/release-store.ts`.
 *
 * - When a promise resolves, what was written survives the process (not in memory, of course).
 * - Times are as `Date.toISOString` prints them.
 * - A driver that cannot reach its database rejects with `ComputeError` `unavailable`.
 */
export interface ReleaseStore {
  /** Writes a release, or when an attempt at it is due. */
  put(release: Release, dueAt: string): Promise<void>;
  /** One that is not there is no error. */
  remove(id: string): Promise<void>;
  /** Those that are due at `now`, the longest due first. */
  due(now: string, limit: number): Promise<readonly Release[]>;
}
