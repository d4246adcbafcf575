import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ReadTurns } from './read-turns.ts';

beforeEach(() => vi.useFakeTimers());
afterEach(() => vi.useRealTimers());

/** A read that takes so long. */
const read = (durationMs: number) => () => new Promise<void>((resolve) => setTimeout(resolve, durationMs));

describe('reads of one project', () => {
  test('take turns, and a pause of four times a read follows it', async () => {
    const turns = new ReadTurns();
    const done: string[] = [];
    for (const name of ['first', 'second']) turns.run('acme', read(100)).then(() => done.push(name));
    turns.run('globex', read(100)).then(() => done.push('of another project'));
    await vi.advanceTimersByTimeAsync(110);
    expect(done).toEqual(['first', 'of another project']);
    await vi.advanceTimersByTimeAsync(440);
    expect(done).toHaveLength(2);
    await vi.advanceTimersByTimeAsync(100);
    expect(done).toEqual(['first', 'of another project', 'second']);
  });

  test('are rate_limited beyond eight that wait, and after five seconds', async () => {
    const turns = new ReadTurns();
    const codes: string[] = [];
    for (let count = 0; count < 12; count++)
      turns.run('acme', read(60_000)).catch(({ code }) => codes.push(code));
    await vi.advanceTimersByTimeAsync(1_000);
    expect(codes).toEqual(Array(3).fill('rate_limited'));
    await vi.advanceTimersByTimeAsync(5_000);
    expect(codes).toEqual(Array(11).fill('rate_limited'));
  });

  test('that fail let the next one follow', async () => {
    const turns = new ReadTurns();
    await expect(turns.run('acme', () => Promise.reject(new Error('no')))).rejects.toThrow('no');
    expect(await turns.run('acme', async () => 'read')).toBe('read');
  });
});
