/** The port for stored usage: counts of requests by hour, project and key. `test/conformance/usage-store.ts` tests it. */

export interface UsageCounts {
  readonly requests: number;
  /** Points that the rate limit charged. */
  readonly points: number;
  /** Responses with 4xx. */
  readonly clientErrors: number;
  /** Responses with 5xx. */
  readonly serverErrors: number;
}

export interface HourOfKey extends UsageCounts {
  /** The start of the hour, in the format of `Date.toISOString`. */
  readonly start: string;
  readonly projectId: string;
  readonly keyId: string;
}

/** The sum of a key, or with null of all keys of a project, in an hour or a UTC day. */
export interface UsageSum extends UsageCounts {
  readonly start: string;
  readonly projectId: string;
  readonly keyId: string | null;
}

export type UsagePosition = Pick<UsageSum, 'start' | 'projectId' | 'keyId'>;

export const INTERVALS = ['hour', 'day'] as const;
export type Interval = (typeof INTERVALS)[number];

export interface UsageQuery {
  /** Hours that start at `from` or later, and before `to`. */
  readonly from: string;
  readonly to: string;
  readonly interval: Interval;
  readonly projectId?: string | undefined;
  readonly keyId?: string | undefined;
  /** Whether the keys of a project are listed apart. */
  readonly byKey: boolean;
}

export interface UsageWindow {
  readonly limit: number;
  /** null: from the start. */
  readonly after: UsagePosition | null;
}

export interface UsageStore {
  /** Adds to the stored counts, all or nothing. `hours` has no hour of a key twice. */
  add(hours: readonly HourOfKey[]): Promise<void>;
  /** Ordered by start, project and key. */
  list(query: UsageQuery, window: UsageWindow): Promise<readonly UsageSum[]>;
  /** Deletes a batch of the hours that start before `before`, the oldest first. */
  sweep(before: string): Promise<void>;
}

/** For a gateway whose requests are counted by another, as those that own event streams at the edge. */
export const NO_USAGE_STORE: UsageStore = {
  add: async () => {},
  list: async () => [],
  sweep: async () => {},
};
