import type { Tenant } from '../../compute/regions.ts';

/** A write to a project through some gateway. */
export interface ProjectChange {
  readonly tenant: Tenant;
  /** The changed instances; empty for another resource, null if unknown. */
  readonly instanceIds: readonly string[] | null;
}

/**
 * Version numbers of projects in a region, shared by gateways. A cached response is valid while the version is the one it was fetched under;
 * a write through any gateway starts a new version.
 */
export interface ProjectVersions {
  /**
   * The current version: from memory while changes of other gateways are received, else fetched. Without a connection only writes
   * of this gateway count. Never rejects.
   */
  current(tenant: Tenant): Promise<ProjectVersion>;
  /** `current` without I/O; null if that needs I/O. To be called for each response, as the result expires. */
  peek?(tenant: Tenant): ProjectVersion | null;
  /** Starts a new version. Resolves when no reachable gateway serves an older one; never rejects. */
  bump(change: ProjectChange): Promise<void>;
  /** The listener is called for each change of any gateway, and with null when some may have been missed. */
  onChange(listener: (change: ProjectChange | null) => void): void;
}

export interface ProjectVersion {
  readonly number: number;
  /** Other gateways use the same number, so that their cached responses are usable. */
  readonly shared: boolean;
  /** Bounds the age of cached responses of this version, in ms. */
  readonly maxAgeMs?: number;
}
