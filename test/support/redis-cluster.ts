import { execFile, spawn } from 'node:child_process';
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { redisServer } from './redis-package.ts';

const run = promisify(execFile);
const PORT = 7000;
const SHARDS = 3;

/** Runs the server, and ends it when its own standard input ends: then the tests are over, or dead. */
const WATCHDOG = '"$@" & pid=$!; cat >/dev/null; kill -KILL $pid; wait $pid';

/** A Redis Cluster of three masters without replicas, which serves the rest of the keys when one is gone. */
export interface TestCluster {
  /** For `REDIS_URL`. */
  readonly url: string;
  sameShard(key: string, other: string): Promise<boolean>;
  /** Ends the shard that this key is on. */
  killShardOf(key: string): Promise<void>;
  stop(): Promise<void>;
}

/** @returns null, with the reason printed, where Redis cannot be had; with `CI=true` that is an error. */
export async function startCluster(): Promise<TestCluster | null> {
  const program = await redisServer();
  if (program === null) return null;
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-cluster-'));
  // Addresses of this test alone: a cluster needs two ports each, at a fixed distance.
  const network = `127.${randomInt(10, 250)}.${randomInt(1, 250)}`;
  const hosts = Array.from({ length: SHARDS }, (_, index) => `${network}.${index + 1}`);
  const shards = await Promise.all(
    hosts.map(async (host) => {
      const own = ['--bind', host, '--port', `${PORT}`, '--cluster-announce-ip', host, '--dir', folder];
      const cluster = ['--cluster-enabled', 'yes', '--cluster-config-file', `nodes-${host}.conf`];
      const settings = ['--cluster-node-timeout', '1000', '--cluster-require-full-coverage', 'no'];
      const nothing = ['--save', '', '--appendonly', 'no'];
      const args = ['-c', WATCHDOG, 'sh', program, ...own, ...cluster, ...settings, ...nothing];
      const watchdog = spawn('sh', args, { stdio: ['pipe', 'pipe', 'ignore'] });
      await new Promise<void>((resolve, reject) => {
        let output = '';
        watchdog.on('exit', () => reject(new Error(`Redis did not start: ${output}`)));
        watchdog.stdout?.setEncoding('utf8').on('data', (text: string) => {
          output += text;
          if (output.includes('Ready to accept connections')) resolve();
        });
      });
      return { host, watchdog };
    }),
  );
  const addresses = hosts.map((host) => `${host}:${PORT}`);
  await run('redis-cli', ['--cluster', 'create', ...addresses, '--cluster-yes']);
  const cli = async (host: string, ...args: string[]) =>
    (await run('redis-cli', ['-h', host, '-p', `${PORT}`, ...args])).stdout.trim();
  // The node that received the command knows first.
  for (const host of hosts) {
    while (!(await cli(host, 'cluster', 'info')).includes('cluster_state:ok')) {
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }
  const end = async (watchdog: ReturnType<typeof spawn>) => {
    if (watchdog.exitCode !== null) return;
    const exit = once(watchdog, 'exit');
    watchdog.stdin?.end();
    await exit;
  };
  const shardOf = async (key: string) => {
    for (const shard of shards) {
      // A node without the key redirects to the one that has it.
      if (!(await cli(shard.host, 'exists', key)).startsWith('MOVED')) return shard;
    }
    throw new Error(`no shard has ${key}`);
  };
  return {
    url: `redis://${addresses.join(',')}`,
    async sameShard(key, other) {
      return (await shardOf(key)) === (await shardOf(other));
    },
    async killShardOf(key) {
      await end((await shardOf(key)).watchdog);
    },
    async stop() {
      await Promise.all(shards.map(({ watchdog }) => end(watchdog)));
      rmSync(folder, { recursive: true, force: true });
    },
  };
}
