/** From the rate-limit headers of a response. */
interface LimitReading {
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

/** Ignores responses without rate-limit headers. */
export function recordLimit(headers: Headers): void {
  const [limit, remaining, reset] = ['Limit', 'Remaining', 'Reset'].map((name) =>
    Number.parseInt(headers.get(`X-RateLimit-${name}`) ?? '', 10),
  );
  if (limit === undefined || remaining === undefined || reset === undefined || Number.isNaN(limit)) return;
  readings.push({ at: Date.now(), limit, remaining, reset });
  if (readings.length > MAX_READINGS) readings.shift();
  for (const watcher of watchers) watcher();
}

/** Oldest first. */
export function limitReadings(): readonly LimitReading[] {
  return readings;
}

/** Calls `watcher` after each reading until the signal aborts. */
export function watchLimit(watcher: () => void, signal: AbortSignal): void {
  watchers.add(watcher);
  signal.addEventListener('abort', () => watchers.delete(watcher));
}

/** For another session, which has another limit. */
export function clearReadings(): void {
  readings.length = 0;
}
