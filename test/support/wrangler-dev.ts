import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { OFFLINE, WRANGLER } from './worker-bundle.ts';

const ROOT = join(import.meta.dirname, '../..');

export interface WranglerDev {
  readonly url: string;
  /** What it printed so far. */
  readonly output: () => string;
  close(): Promise<void>;
}

/**
 * `wrangler dev` on a free port, with an empty database that has the newest schema.
 *
 * @param config Path of a `wrangler.toml`, from the root.
 * @param variables In addition to those of the configuration.
 * @param environment Of the configuration; its top level unless given.
 */
export async function startWranglerDev(
  config: string,
  variables: Readonly<Record<string, string>> = {},
  environment = '',
): Promise<WranglerDev> {
  const state = mkdtempSync(join(tmpdir(), 'linguanova-wrangler-'));
  const common = ['--config', config, '--env', environment, '--persist-to', state];
  await promisify(execFile)(
    process.execPath,
    [WRANGLER, 'd1', 'migrations', 'apply', 'KEYS', '--local', ...common],
    { cwd: ROOT, env: OFFLINE },
  );
  const vars = Object.entries(variables).flatMap(([name, value]) => ['--var', `${name}:${value}`]);
  const child = spawn(
    process.execPath,
    [WRANGLER, 'dev', ...common, '--ip', '127.0.0.1', '--port', '0', '--inspector-port', '0', ...vars],
    // A group of its own, for it starts processes that outlive it.
    { cwd: ROOT, env: OFFLINE, stdio: ['ignore', 'pipe', 'pipe'], detached: true },
  );
  let output = '';
  const ended = once(child, 'close');
  const url = await new Promise<string>((resolve, reject) => {
    const read = (chunk: Buffer) => {
      output += chunk;
      const ready = /Ready on (http:\/\/\S+)/.exec(output)?.[1];
      if (ready !== undefined) resolve(ready);
    };
    child.stdout.on('data', read);
    child.stderr.on('data', read);
    ended.then(() => reject(new Error(`wrangler dev did not start: ${output}`)));
  });
  return {
    url,
    output: () => output,
    async close() {
      end(child, 'SIGTERM');
      const stubborn = setTimeout(() => end(child, 'SIGKILL'), 10_000);
      await ended;
      clearTimeout(stubborn);
      rmSync(state, { recursive: true, force: true });
    },
  };
}

/** It, and whatever it has started. */
function end({ pid }: ChildProcess, signal: 'SIGTERM' | 'SIGKILL'): void {
  if (pid === undefined) return;
  try {
    process.kill(-pid, signal);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}
