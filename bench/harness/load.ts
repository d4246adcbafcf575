/**
 * Load on an HTTP server, by a process of its own: `wrk` where it can be had, else the client in `load-client.ts`, which needs
 * several times as much CPU itself.
 *
 * @module
 */

import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { haveProgram } from './debian.ts';

const run = promisify(execFile);
const WRK = '/usr/bin/wrk';
const CLIENT = new URL('load-client.ts', import.meta.url).pathname;

/** GET requests to one URL, each with one of several sets of headers. */
export interface Load {
  readonly url: string;
  readonly headers: readonly Readonly<Record<string, string>>[];
  /** Which of `headers` each request takes, over and over; without it, the first. */
  readonly sequence?: readonly number[];
  readonly connections: number;
  /** Whole. */
  readonly seconds: number;
}

export interface LoadResult {
  readonly requests: number;
  readonly seconds: number;
  /** Milliseconds. */
  readonly median: number;
  readonly p99: number;
}

export interface LoadGenerator {
  readonly name: string;
  /** @throws Error when a response was no success. */
  put(load: Load): Promise<LoadResult>;
}

/** @param install Whether wrk may be installed; where it may not, it is not used either, so that this depends on nothing. */
export async function loadGenerator(install: boolean): Promise<LoadGenerator> {
  if (!install || !(await haveProgram(WRK, ['wrk'], install))) return { name: 'undici', put: byClient };
  const { stdout } = await run(WRK, ['-v']).catch((error: { stdout: string }) => error);
  return { name: /wrk [^\s]*/.exec(stdout)?.[0] ?? 'wrk', put: byWrk };
}

async function byWrk(load: Load): Promise<LoadResult> {
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-load-'));
  try {
    const script = join(folder, 'load.lua');
    writeFileSync(script, luaOf(load));
    const args = ['-t1', `-c${load.connections}`, `-d${load.seconds}s`, '--timeout', '30s', '-s', script];
    const { stdout } = await run(WRK, [...args, load.url], { maxBuffer: 1 << 24 });
    return checked(JSON.parse(/^result (.*)$/m.exec(stdout)?.[1] ?? '{}'));
  } finally {
    rmSync(folder, { recursive: true });
  }
}

async function byClient(load: Load): Promise<LoadResult> {
  const child = run(process.execPath, [CLIENT], { maxBuffer: 1 << 24 });
  child.child.stdin?.end(JSON.stringify(load));
  return checked(JSON.parse((await child).stdout));
}

function checked({ errors, ...result }: LoadResult & { errors: number }): LoadResult {
  if (errors !== 0 || !(result.requests > 0)) {
    throw new Error(
      `of ${result.requests ?? 0} requests ${errors ?? 'all'} failed: there is nothing to compare`,
    );
  }
  return result;
}

/** The requests are made ahead, so that wrk only sends. */
function luaOf({ url, headers, sequence }: Load): string {
  const tables = headers.map((set) =>
    Object.entries(set)
      .map(([name, value]) => `[${JSON.stringify(name)}]=${JSON.stringify(value)}`)
      .join(','),
  );
  const { pathname, search } = new URL(url);
  return `
local requests, sequence, at = {}, {${(sequence ?? [0]).map((index) => index + 1).join(',')}}, 0
function init()
  local headers = {${tables.map((table) => `{${table}}`).join(',\n')}}
  for i, set in ipairs(headers) do requests[i] = wrk.format("GET", ${JSON.stringify(pathname + search)}, set) end
end
function request()
  at = at % #sequence + 1
  return requests[sequence[at]]
end
function done(summary, latency)
  local e = summary.errors
  print(string.format('result {"requests":%d,"seconds":%f,"median":%f,"p99":%f,"errors":%d}', summary.requests,
    summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
    e.connect + e.read + e.write + e.status + e.timeout))
end`;
}
