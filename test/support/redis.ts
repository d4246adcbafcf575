/**
 * A Redis of the tests' own: on a free port of the loopback, with nothing on disk, gone at the end, even when the tests are
 * killed. Needs the Debian package `redis-server`, and installs it where it may.
 *
 * @module
 */

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { Redis } from 'ioredis';
import { freePort } from './free-port.ts';
import { redisServer } from './redis-package.ts';

/** Runs the server, and ends it when its own standard input ends: then the tests are over, or dead. */
const WATCHDOG = '"$@" & pid=$!; echo $pid; cat >/dev/null; kill -CONT $pid; kill -KILL $pid; wait $pid';

export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** Runs one command on a connection of its own. */
  command(name: string, ...args: string[]): Promise<unknown>;
  /** Kills it; its data is lost. */
  kill(): Promise<void>;
  start(): Promise<void>;
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void;
  stop(): Promise<void>;
}

/**
 * @param settings As on the command line: `--maxmemory 1mb`.
 * @returns null, with the reason printed, where Redis cannot be had; with `CI=true` that is an error.
 */
export async function startRedis(...settings: readonly string[]): Promise<TestRedis | null> {
  const program = await redisServer();
  if (program === null) return null;
  const port = await freePort();
  const fixed = ['--bind', '127.0.0.1', '--port', `${port}`, '--save', '', '--appendonly', 'no'];
  let running: { readonly watchdog: ChildProcess; readonly pid: number } | undefined;

  const start = async () => {
    const args = ['-c', WATCHDOG, 'sh', program, ...fixed, '--dir', tmpdir(), ...settings];
    const watchdog = spawn('sh', args, { stdio: ['pipe', 'pipe', 'ignore'] });
    running = { watchdog, pid: await ready(watchdog) };
  };
  const kill = async () => {
    if (running === undefined) return;
    const exit = once(running.watchdog, 'exit');
    running.watchdog.stdin?.end();
    running = undefined;
    await exit;
  };
  await start();
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    async command(name, ...args) {
      const client = new Redis({ port, host: '127.0.0.1', maxRetriesPerRequest: 1 });
      client.on('error', () => {});
      try {
        return await client.call(name, ...args);
      } finally {
        client.disconnect();
      }
    },
    kill,
    start,
    signal(signal) {
      if (running !== undefined) process.kill(running.pid, signal);
    },
    stop: kill,
  };
}

/** The process id of the server, once it takes connections. */
function ready(watchdog: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    let output = '';
    watchdog.on('exit', () => reject(new Error(`Redis did not start: ${output}`)));
    watchdog.stdout?.setEncoding('utf8').on('data', (text: string) => {
      output += text;
      if (output.includes('Ready to accept connections')) resolve(Number.parseInt(output, 10));
    });
  });
}
