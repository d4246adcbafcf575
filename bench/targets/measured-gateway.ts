import { setTimeout as pause } from 'node:timers/promises';
import { median } from '../harness/rounds.ts';
import type { UpstreamCalls } from './upstream.ts';

const TARGET = '/v1/instances';
const SCRAPES = 5;
/** A gateway without upstream calls for so many ms is at rest. */
const REST = 150;
const MAX_TRIES = 100;

/** Cost of one response: latency in ms, CPU of the gateway in ms, bytes sent by the cloud. */
export interface AnswerCost {
  readonly milliseconds: number;
  readonly cpu: number;
  readonly bytes: number;
}

/**
 * A gateway whose CPU is read from its own `/metrics`: in microseconds, where `/proc` has hundredths of a second. What reading
 * costs is taken off.
 */
export class WatchedGateway {
  readonly #url: string;
  readonly #key: string;
  readonly #calls: () => Promise<UpstreamCalls>;
  #scrape = 0;

  constructor(url: string, key: string, calls: () => Promise<UpstreamCalls>) {
    this.#url = url;
    this.#key = key;
    this.#calls = calls;
  }

  /** Signs in, so that this is no part of the first list; and learns what reading the metrics costs. */
  async warmUp(): Promise<void> {
    await this.#get('/v1/floating_ips');
    const costs: number[] = [];
    for (let n = 0; n < SCRAPES; n++) costs.push((await this.#cpu()) - (await this.#cpu()));
    this.#scrape = -median(costs);
  }

  /** What a list costs, with all that the gateway does because of it; the mean of `times`, one after the other. */
  async list(times = 1): Promise<AnswerCost> {
    return this.#cost(async () => {
      const started = performance.now();
      for (let n = 0; n < times; n++) await this.#get(TARGET);
      return { milliseconds: performance.now() - started, times };
    });
  }

  /**
   * What it costs until a list shows what `pattern` describes. Lists that do not show it yet are taken off, at what a cached one
   * costs.
   */
  async listUntil(pattern: RegExp, cached: AnswerCost): Promise<AnswerCost> {
    let early = 0;
    const { milliseconds, cpu, bytes } = await this.#cost(async () => {
      const started = performance.now();
      for (; early < MAX_TRIES; early++) {
        if (pattern.test(await this.#get(TARGET))) break;
        await this.quiet();
      }
      if (early === MAX_TRIES) throw new Error('the list never showed what was changed');
      return { milliseconds: performance.now() - started, times: 1 };
    });
    // A stale response, from before the change, took no longer than a cached list.
    return {
      milliseconds: early > 0 ? cached.milliseconds : milliseconds,
      cpu: cpu - early * cached.cpu,
      bytes,
    };
  }

  /** Resolves when there were no upstream calls for a while. */
  async quiet(): Promise<void> {
    for (let before = -1; ; ) {
      const { count } = await this.#calls();
      if (count === before) return;
      before = count;
      await pause(REST);
    }
  }

  async #cost(work: () => Promise<{ milliseconds: number; times: number }>): Promise<AnswerCost> {
    const [cpuBefore, callsBefore] = [await this.#cpu(), await this.#calls()];
    const { milliseconds, times } = await work();
    await this.quiet();
    const [cpuAfter, callsAfter] = [await this.#cpu(), await this.#calls()];
    return {
      milliseconds: milliseconds / times,
      cpu: Math.max(0, cpuAfter - cpuBefore - this.#scrape) / times,
      bytes: (callsAfter.bytes - callsBefore.bytes) / times,
    };
  }

  /** CPU time of the process in ms. */
  async #cpu(): Promise<number> {
    const text = await (await fetch(`${this.#url}/metrics`)).text();
    const seconds = /^process_cpu_seconds_total ([\d.e+-]+)/m.exec(text)?.[1];
    if (seconds === undefined) throw new Error('the gateway does not report its CPU');
    return Number(seconds) * 1000;
  }

  async #get(path: string): Promise<string> {
    const response = await fetch(this.#url + path, { headers: { 'x-api-key': this.#key } });
    const body = await response.text();
    if (response.status !== 200) throw new Error(`${response.status} ${body}`);
    return body;
  }
}
