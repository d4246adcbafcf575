import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { COMPILE_CACHE } from './compile-cache.ts';

const MAIN = new URL('../../adapters/node/main.ts', import.meta.url).pathname;

type Program = readonly [node: string, main: string];

/** A finished command. */
export interface Finished {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs the command line to its end, in an empty directory, with this environment and nothing inherited but the path. */
export async function runCommand(args: readonly string[], env: Record<string, string>): Promise<Finished> {
  const child = start(args, env);
  const [stdout, stderr] = [collect(child, 'stdout'), collect(child, 'stderr')];
  const [code] = (await once(child, 'close')) as [number | null];
  return { code, stdout: stdout(), stderr: stderr() };
}

export interface GatewayProcess {
  readonly child: ChildProcess;
  readonly url: string;
  /** What it printed so far. */
  readonly stdout: () => string;
  readonly stderr: () => string;
  /** Sends a signal and waits for the end; the exit code. */
  end(signal: NodeJS.Signals): Promise<number | null>;
}

/**
 * Starts the gateway as a process of its own on a free port, in an empty directory unless one is given, and waits until it serves.
 *
 * @param program Node and the script; by default this checkout's.
 */
export async function startProcess(
  env: Record<string, string>,
  cwd?: string,
  options: readonly string[] = [],
  program?: Program,
): Promise<GatewayProcess> {
  const child = start(['serve', ...options], { PORT: '0', ...env }, cwd, program);
  const [stdout, stderr] = [collect(child, 'stdout'), collect(child, 'stderr')];
  const ended = once(child, 'close');
  const url = await new Promise<string>((resolve, reject) => {
    child.stdout?.on('data', () => {
      const found = / at (http:\/\/[^\s]+?)\.?$/m.exec(stdout().replace('. Try:', ''))?.[1];
      if (found !== undefined) resolve(found);
    });
    ended.then(() => reject(new Error(`the gateway did not start: ${stderr()}`)));
  });
  return {
    child,
    url,
    stdout,
    stderr,
    async end(signal) {
      child.kill(signal);
      const [code] = (await ended) as [number | null];
      return code;
    },
  };
}

function start(
  args: readonly string[],
  env: Record<string, string>,
  cwd = mkdtempSync(join(tmpdir(), 'linguanova-')),
  [node, main]: Program = [process.execPath, MAIN],
): ChildProcess {
  return spawn(node, [main, ...args], {
    cwd,
    env: { PATH: process.env.PATH ?? '', ...COMPILE_CACHE, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
}

function collect(child: ChildProcess, stream: 'stdout' | 'stderr'): () => string {
  let text = '';
  child[stream]?.setEncoding('utf8').on('data', (chunk: string) => {
    text += chunk;
  });
  return () => text;
}
