import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const WRITER = join(import.meta.dirname, 'writer.ts');

export interface WriterProcess {
  /** Resolves when this many keys are acknowledged, or it has ended. */
  acknowledged(count: number): Promise<void>;
  kill(): void;
  /** What it has acknowledged in its life, and what stopped it: nothing, `unavailable`, or something else. */
  readonly ended: Promise<{ readonly ids: readonly string[]; readonly problem: string }>;
}

/**
 * Starts a process that inserts keys.
 *
 * @param fileLimit Longest file it may write, in blocks of 512 bytes: for it, the disk is full then.
 */
export function startWriter(
  url: string,
  prefix: string,
  count: number,
  fileLimit = 'unlimited',
): WriterProcess {
  const command = [process.execPath, WRITER, url, prefix, String(count)];
  const child = spawn('sh', ['-c', `ulimit -f ${fileLimit}; exec "$0" "$@"`, ...command], {
    stdio: ['pipe', 'pipe', 'pipe'],
  });
  let stdout = '';
  let stderr = '';
  const waiting = new Set<() => void>();
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    stderr += text;
  });
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    stdout += text;
    for (const check of waiting) check();
  });
  child.stdin.write('go\n');
  // A last line without its end was not acknowledged.
  const ids = () => stdout.split('\n').slice(0, -1);
  const ended = once(child, 'close').then(() => ({ ids: ids(), problem: stderr }));
  return {
    async acknowledged(wanted) {
      const { promise, resolve } = Promise.withResolvers<void>();
      const check = () => {
        if (ids().length >= wanted) resolve();
      };
      waiting.add(check);
      check();
      await Promise.race([promise, ended]);
      waiting.delete(check);
    },
    kill: () => child.kill('SIGKILL'),
    ended,
  };
}
