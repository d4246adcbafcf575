import type { Tenant } from '../../compute/regions.ts';
import { LruMap } from '../../lru-map.ts';
import type { ProjectChange, ProjectVersion, ProjectVersions } from './project-versions.ts';

/** An evicted project gets an unused number. */
const MAX_PROJECTS = 100_000;

export class LocalVersions implements ProjectVersions {
  readonly #versions = new LruMap<ProjectVersion>({ max: MAX_PROJECTS });
  readonly #listeners: ((change: ProjectChange | null) => void)[] = [];
  #last = 0;

  async current(tenant: Tenant): Promise<ProjectVersion> {
    return this.peek(tenant);
  }

  peek(tenant: Tenant): ProjectVersion {
    return this.#versions.get(tenant) ?? this.#next(tenant);
  }

  async bump(change: ProjectChange): Promise<void> {
    this.#next(change.tenant);
    for (const listener of this.#listeners) listener(change);
  }

  onChange(listener: (change: ProjectChange | null) => void): void {
    this.#listeners.push(listener);
  }

  /** Numbers are unique over all projects, since one may be evicted. */
  #next(tenant: Tenant): ProjectVersion {
    this.#last += 1;
    const version = { number: this.#last, shared: false };
    this.#versions.set(tenant, version);
    return version;
  }
}
