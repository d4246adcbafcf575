/**
 * @module
 * Time without timers. What happens later in a cloud (a boot ends, a floating IP becomes ACTIVE) is entered here and
 * happens when a request arrives: each one settles the timeline first. So the sandbox needs no background work, which
 * a Cloudflare Worker does not have between requests, and a test moves time by moving its clock.
 */

/** Entered events and the clock they are read against. */
export interface Timeline {
  /** Epoch milliseconds; while an event happens, the instant it was scheduled for. */
  now(): number;
  /** Schedules an event `delay` ms from now. Events of the same instant happen in the order of scheduling. */
  after(delay: number, happen: () => void): void;
  /** Lets everything happen that is due, in order of time, including what those events enter in turn. */
  settle(): void;
}

interface Entry {
  at: number;
  happen: () => void;
}

/** A timeline over a clock that gives milliseconds since the epoch. */
export function createTimeline(clock: () => number): Timeline {
  const entries: Entry[] = [];
  let instant: number | undefined;

  const now = () => instant ?? clock();

  return {
    now,
    after(delay, happen) {
      const at = now() + Math.max(0, delay);
      const next = entries.findIndex((entry) => entry.at > at);
      entries.splice(next === -1 ? entries.length : next, 0, { at, happen });
    },
    settle() {
      const present = clock();
      try {
        for (let first = entries[0]; first && first.at <= present; first = entries[0]) {
          entries.shift();
          instant = first.at;
          first.happen();
        }
      } finally {
        instant = undefined;
      }
    },
  };
}

/** `2026-11-22T12:07:59Z`, as Nova, Neutron and Glance print most instants. */
export function seconds(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 19)}Z`;
}

/** `2026-11-22T12:07:59.000000`, as Nova prints the others and Keystone the expiry of a credential. */
export function microseconds(instant: number): string {
  return `${new Date(instant).toISOString().slice(0, 19)}.000000`;
}

/**
 * Reads an ISO 8601 date-time; without a zone it is UTC.
 * @returns milliseconds since the epoch, undefined when the text is no date-time.
 */
export function parseInstant(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}([T ]\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?$/.test(text))
    return undefined;
  const iso = text.replace(' ', 'T');
  const instant = Date.parse(/T.*(Z|[+-]\d{2}:?\d{2})$/.test(iso) || !iso.includes('T') ? iso : `${iso}Z`);
  return Number.isNaN(instant) ? undefined : instant;
}
