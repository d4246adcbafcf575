import { execFile } from 'node:child_process';
import { COMPILE_CACHE } from '../support/compile-cache.ts';

export interface Finished {
  /** null when a signal ended it. */
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, with these variables and no others but PATH and HOME. */
export function run(
  program: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
  options: { cwd?: string; timeout?: number } = {},
): Promise<Finished> {
  const { PATH = '', HOME = '' } = process.env;
  return new Promise((resolve) => {
    execFile(
      program,
      [...args],
      // A proxy must not stand between the sample and the gateway; Go must not fetch another Go.
      {
        env: { PATH, HOME, NO_PROXY: '*', GOTOOLCHAIN: 'local', ...COMPILE_CACHE, ...environment },
        timeout: 60_000,
        ...options,
      },
      (error, stdout, stderr) => {
        const code = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
        resolve({ code, stdout, stderr: stderr || (code === null ? String(error) : '') });
      },
    );
  });
}
