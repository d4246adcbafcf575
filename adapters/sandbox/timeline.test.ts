import { describe, expect, it } from 'vitest';
import { createTimeline, microseconds, parseInstant, seconds } from './timeline.ts';

describe('timeline', () => {
  it('lets happen what is due, in order of time, at its own instant', () => {
    let clock = 0;
    const timeline = createTimeline(() => clock);
    const seen: string[] = [];
    timeline.after(200, () => seen.push(`late ${timeline.now()}`));
    timeline.after(100, () => {
      seen.push(`early ${timeline.now()}`);
      timeline.after(50, () => seen.push(`then ${timeline.now()}`));
    });
    timeline.settle();
    expect(seen).toEqual([]);
    clock = 1000;
    timeline.settle();
    expect(seen).toEqual(['early 100', 'then 150', 'late 200']);
    expect(timeline.now()).toBe(1000);
  });

  it('prints and reads instants as the services do', () => {
    const instant = Date.parse('2026-02-12T09:14:22.456Z');
    expect(seconds(instant)).toBe('2026-02-12T09:14:22Z');
    expect(microseconds(instant)).toBe('2026-02-12T09:14:22.000000');
    expect(parseInstant('2026-02-12T09:14:22')).toBe(Date.parse('2026-02-12T09:14:22Z'));
    expect(parseInstant('2026-02-12T09:14:22+01:00')).toBe(Date.parse('2026-02-12T08:14:22Z'));
    expect(parseInstant('yesterday')).toBeUndefined();
  });
});
