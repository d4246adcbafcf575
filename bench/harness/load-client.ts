/**
 * Load by undici, for machines without wrk: reads a `Load` from standard input, prints the result as JSON.
 *
 * @module
 */

import { text } from 'node:stream/consumers';
import { Pool } from 'undici';
import type { Load } from './load.ts';

const { url, headers, sequence = [0], connections, seconds }: Load = JSON.parse(await text(process.stdin));
const { origin, pathname, search } = new URL(url);
const pool = new Pool(origin, { connections, pipelining: 1 });
const started = performance.now();
const until = started + seconds * 1000;
const milliseconds: number[] = [];
let at = 0;
let errors = 0;

async function client(): Promise<void> {
  // At least one request, however slow the machine.
  do {
    const sent = performance.now();
    const set = headers[sequence[at++ % sequence.length] ?? 0] ?? {};
    const response = await pool.request({ method: 'GET', path: pathname + search, headers: set });
    await response.body.dump({ limit: Number.POSITIVE_INFINITY });
    milliseconds.push(performance.now() - sent);
    if (response.statusCode >= 300) errors += 1;
  } while (performance.now() < until);
}

await Promise.all(Array.from({ length: connections }, client));
const sorted = milliseconds.sort((a, b) => a - b);
const percentile = (part: number) => sorted[Math.floor((sorted.length - 1) * part)];
console.log(
  JSON.stringify({
    requests: sorted.length,
    seconds: (performance.now() - started) / 1000,
    median: percentile(0.5),
    p99: percentile(0.99),
    errors,
  }),
);
await pool.close();
