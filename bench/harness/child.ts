import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';

/** A program of the benchmark's own, in a process of its own. */
export interface Child {
  readonly pid: number;
  /** What it announced, by the groups of the pattern it was waited for with. */
  readonly announced: readonly string[];
  /** Lets it finish, and waits for it. */
  end(): Promise<void>;
}

export interface ChildOptions {
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  /** A file for standard error; without it, that is shown here. */
  readonly log?: number;
}

/** The programs that run now, so that none outlives the benchmark. */
const running = new Set<ChildProcess>();
process.on('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(1));

/** Starts a program and waits until a line of its standard output matches `ready`. */
export async function startChild(
  program: string,
  args: readonly string[],
  ready: RegExp,
  options: ChildOptions = {},
): Promise<Child> {
  const { PATH = '', NODE_COMPILE_CACHE } = process.env;
  const child = spawn(program, [...args], {
    env: { PATH, ...(NODE_COMPILE_CACHE && { NODE_COMPILE_CACHE }), ...options.env },
    stdio: ['ignore', 'pipe', options.log ?? 'inherit'],
    ...(options.cwd !== undefined && { cwd: options.cwd }),
  });
  running.add(child);
  const ended = once(child, 'close').finally(() => running.delete(child));
  const announced = await new Promise<readonly string[]>((resolve, reject) => {
    let text = '';
    child.stdout?.setEncoding('utf8').on('data', (chunk: string) => {
      text += chunk;
      const found = ready.exec(text);
      if (found !== null) resolve(found.slice(1));
    });
    ended.then(() => reject(new Error(`${program} ${args[0]} ended early: ${text}`)), reject);
  });
  if (child.pid === undefined) throw new Error(`${program} has no process id`);
  return {
    pid: child.pid,
    announced,
    async end() {
      child.kill('SIGTERM');
      await ended;
    },
  };
}
