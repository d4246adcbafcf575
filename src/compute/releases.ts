/** What has to be released, whatever becomes of a request. */

import type { Cloud } from './cloud.ts';
import type { Located } from './regions.ts';
import type { Release } from './release.ts';

export interface NewRelease extends Partial<Omit<Release, 'id' | keyof Located | 'settledAt'>> {
  readonly settlesInMs?: number;
  /** Until when other processes leave it alone; by default they do not. */
  readonly dueInMs?: number;
}

export interface Releases {
  /** Stores a release, so that another process can continue it. Never rejects. */
  plan(cloud: Cloud, what: NewRelease): Promise<Release>;
  /** Attempts it in the background until it is done. */
  begin(cloud: Cloud, release: Release): void;
  /** Plans and begins in the background what `find` resolves with. */
  check(cloud: Cloud, find: () => Promise<NewRelease | null>): void;
  /** Never rejects. */
  cancel(release: Release): Promise<void>;
}

/** Of a release that names nothing yet. */
export const NOTHING = {
  instanceId: null,
  portIds: [],
  floatingIpIds: [],
  address: null,
  mark: null,
  serverMark: null,
};

/** Repeats nothing, for use without a gateway. */
export const noReleases: Releases = {
  plan: async (_, { settlesInMs: _settlesIn, dueInMs: _dueIn, ...what }) => ({
    ...NOTHING,
    ...what,
    id: '',
    projectId: '',
    settledAt: 0,
  }),
  begin() {},
  check() {},
  async cancel() {},
};
