/** Where the limit stood at a moment, as an answer's headers said. */
export interface LimitReading {
  /** Epoch milliseconds. */
  readonly at: number;
  readonly limit: number;
  readonly remaining: number;
  /** Seconds until the window ends. */
  readonly reset: number;
}

const MAX_READINGS = 240;
const readings: LimitReading[] = [];
const watchers = new Set<() => void>();

/** Reads the limit off an answer; one without says nothing. */
export function recordLimit(headers: Headers): void {
  const [limit, remaining, reset] = ['Limit', 'Remaining', 'Reset'].map((name) =>
    Number.parseInt(headers.get(`X-RateLimit-${name}`) ?? '', 10),
  );
  if (limit === undefined || remaining === undefined || reset === undefined || Number.isNaN(limit)) return;
  readings.push({ at: Date.now(), limit, remaining, reset });
  if (readings.length > MAX_READINGS) readings.shift();
  for (const watcher of watchers) watcher();
}

/** Oldest first, of this page. */
export function limitReadings(): readonly LimitReading[] {
  return readings;
}

/** Calls `watcher` after each reading, until the signal says so. */
export function watchLimit(watcher: () => void, signal: AbortSignal): void {
  watchers.add(watcher);
  signal.addEventListener('abort', () => watchers.delete(watcher));
}

/** Another session has another limit. */
export function clearReadings(): void {
  readings.length = 0;
}
