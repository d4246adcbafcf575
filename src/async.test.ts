import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { backoff, once, SingleFlight, sleep, withTimeout } from './async.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
  vi.restoreAllMocks();
});

const never = new Promise<never>(() => {});

describe('once', () => {
  test('runs once for all callers, and again after a failure', async () => {
    const outcomes = [Promise.reject(new Error('down')), Promise.resolve(1), Promise.resolve(2)];
    const run = once(() => outcomes.shift() ?? Promise.resolve(0));
    await expect(run()).rejects.toThrow('down');
    expect(await Promise.all([run(), run()])).toEqual([1, 1]);
  });
});

describe('withTimeout', () => {
  test('settles with work that is in time, and leaves no timer', async () => {
    await expect(withTimeout(Promise.resolve('a'), 100, () => 'late')).resolves.toBe('a');
    await expect(withTimeout(Promise.reject(new Error('b')), 100, () => 'late')).rejects.toThrow('b');
    expect(vi.getTimerCount()).toBe(0);
  });

  test('settles with what onTimeout returns or throws once the time is over', async () => {
    const value = withTimeout(never, 100, () => 'late');
    const error = withTimeout(never, 100, () => {
      throw new Error('late');
    }).catch((reason) => reason.message);
    await vi.advanceTimersByTimeAsync(99);
    await expect(Promise.race([value, Promise.resolve('waits')])).resolves.toBe('waits');
    await vi.advanceTimersByTimeAsync(1);
    await expect(value).resolves.toBe('late');
    await expect(error).resolves.toBe('late');
  });

  test('work that settles before an asynchronous onTimeout does wins', async () => {
    const { promise, resolve } = Promise.withResolvers<string>();
    const waits = withTimeout(promise, 100, () => sleep(10).then(() => 'late'));
    await vi.advanceTimersByTimeAsync(105);
    resolve('work');
    await expect(waits).resolves.toBe('work');
  });

  test('a rejection of the work after the timeout is not unhandled', async () => {
    const { promise, reject } = Promise.withResolvers<string>();
    const waits = withTimeout(promise, 100, () => 'late');
    await vi.advanceTimersByTimeAsync(100);
    reject(new Error('too late'));
    await expect(waits).resolves.toBe('late');
  });
});

describe('sleep', () => {
  test('resolves after its duration', async () => {
    const over = vi.fn();
    void sleep(100).then(over);
    await vi.advanceTimersByTimeAsync(99);
    expect(over).not.toHaveBeenCalled();
    await vi.advanceTimersByTimeAsync(1);
    expect(over).toHaveBeenCalled();
  });

  test('rejects with the reason of its signal, and leaves neither timer nor listener', async () => {
    const controller = new AbortController();
    const remove = vi.spyOn(controller.signal, 'removeEventListener');
    const finished = sleep(10, controller.signal);
    await vi.advanceTimersByTimeAsync(10);
    await finished;
    expect(remove).toHaveBeenCalledOnce();

    const aborted = sleep(100, controller.signal);
    controller.abort(new Error('gone'));
    await expect(aborted).rejects.toThrow('gone');
    await expect(sleep(100, controller.signal)).rejects.toThrow('gone');
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('backoff', () => {
  const options = { initialMs: 100, maxMs: 500 };

  test('doubles with each failure up to the maximum', () => {
    const delays = [1, 2, 3, 4, 5_000].map((failures) => backoff(failures, { ...options, jitter: 0 }));
    expect(delays).toEqual([100, 200, 400, 500, 500]);
  });

  test.each([
    { jitter: undefined, least: 50 },
    { jitter: 0.25, least: 75 },
    { jitter: 1, least: 0 },
  ])('jitter $jitter spreads the delay from $least to 100', ({ jitter, least }) => {
    const delayAt = (random: number) => {
      vi.spyOn(Math, 'random').mockReturnValue(random);
      return backoff(1, { ...options, ...(jitter !== undefined && { jitter }) });
    };
    expect(delayAt(0)).toBe(100);
    expect(delayAt(1 - Number.EPSILON)).toBeCloseTo(least);
  });
});

describe('SingleFlight', () => {
  /** Calls that the test settles. */
  function calls() {
    const started: PromiseWithResolvers<string>[] = [];
    const work = vi.fn((_isCurrent: () => boolean) => {
      const call = Promise.withResolvers<string>();
      started.push(call);
      return call.promise;
    });
    return { started, work };
  }

  test('concurrent calls of one key share one result, and of different keys do not', async () => {
    const flights = new SingleFlight<string>();
    const { started, work } = calls();
    const [first, second, other] = [flights.run('a', work), flights.run('a', work), flights.run('b', work)];
    expect(work).toHaveBeenCalledTimes(2);
    started[0]?.resolve('one');
    started[1]?.resolve('two');
    await expect(Promise.all([first, second, other])).resolves.toEqual(['one', 'one', 'two']);
  });

  test('an error reaches every caller, and the next call starts again', async () => {
    const flights = new SingleFlight<string>();
    const fail = () => Promise.reject(new Error('no'));
    const outcomes = await Promise.allSettled([flights.run('a', fail), flights.run('a', fail)]);
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    const throws = () => {
      throw new Error('at once');
    };
    await expect(flights.run('a', throws)).rejects.toThrow('at once');
    await expect(flights.run('a', async () => 'yes')).resolves.toBe('yes');
    expect(flights.has('a')).toBe(false);
  });

  test('the key is free before the callers continue', async () => {
    const flights = new SingleFlight<string>();
    const isFree = await flights.run('a', async () => 'one').then(() => !flights.has('a'));
    expect(isFree).toBe(true);
  });

  test('a forgotten call is not joined, and knows that it is not current', async () => {
    const flights = new SingleFlight<string>();
    const { started, work } = calls();
    const first = flights.run('a', work);
    flights.forget('a');
    const second = flights.run('a', work);
    expect(work.mock.calls.map(([isCurrent]) => isCurrent())).toEqual([false, true]);
    started[0]?.resolve('old');
    await expect(first).resolves.toBe('old');
    expect(flights.has('a')).toBe(true);
    started[1]?.resolve('new');
    await expect(second).resolves.toBe('new');
  });

  test('a call older than its maximum age is replaced', async () => {
    const flights = new SingleFlight<string>();
    const { work } = calls();
    void flights.run('a', work);
    await vi.advanceTimersByTimeAsync(59_000);
    void flights.run('a', work);
    expect(work).toHaveBeenCalledTimes(1);
    void flights.run('a', work, { maxAgeMs: 1_000 });
    expect(work).toHaveBeenCalledTimes(2);
    await vi.advanceTimersByTimeAsync(60_000);
    void flights.run('a', work);
    expect(work).toHaveBeenCalledTimes(3);
  });

  test('the background gets each call once, as a promise that never rejects', async () => {
    const flights = new SingleFlight<string>();
    const background = vi.fn();
    const fail = () => Promise.reject(new Error('no'));
    const outcomes = Promise.allSettled([
      flights.run('a', fail, { background }),
      flights.run('a', fail, { background }),
    ]);
    expect(background).toHaveBeenCalledOnce();
    await expect(background.mock.calls[0]?.[0]).resolves.toBeUndefined();
    await outcomes;
  });
});
