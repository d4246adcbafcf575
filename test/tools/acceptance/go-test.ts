import { execFile } from 'node:child_process';

export type Outcome = 'passed' | 'failed' | 'skipped';

/** Tests that `go test -c` has compiled. */
export interface GoProgram {
  readonly binary: string;
  /** Where they find their files. */
  readonly folder: string;
}

export async function listTests(program: GoProgram, pattern: string): Promise<string[]> {
  const printed = await go(program, ['-test.list', pattern], {}, 60_000);
  return printed.split('\n').filter((line) => line.startsWith('Test'));
}

export async function runTest(
  program: GoProgram,
  name: string,
  environment: Readonly<Record<string, string>>,
  timeoutMs: number,
): Promise<Outcome> {
  const words = ['-test.v', '-test.run', `^${name}$`, '-test.timeout', `${timeoutMs}ms`];
  const printed = await go(program, words, environment, timeoutMs);
  const [, word] = new RegExp(`^--- (PASS|SKIP|FAIL): ${name} `, 'm').exec(printed) ?? [];
  return word === 'PASS' ? 'passed' : word === 'SKIP' ? 'skipped' : 'failed';
}

/** What a program printed, whatever its status. */
function go(
  { binary, folder }: GoProgram,
  words: readonly string[],
  environment: Readonly<Record<string, string>>,
  timeout: number,
): Promise<string> {
  const env = { PATH: process.env.PATH ?? '', HOME: process.env.HOME ?? '', ...environment };
  return new Promise((resolve) => {
    execFile(binary, words, { cwd: folder, env, timeout, maxBuffer: 64 * 1024 * 1024 }, (_, out) =>
      resolve(out),
    );
  });
}
