import { describe, expect, test } from 'vitest';
import { run } from '../e2e/run.ts';

const MAIN = new URL('../../bench/main.ts', import.meta.url).pathname;
/** As little as there can be: what is tested is that the commands still run, not how fast anything is. */
const TINY =
  '--rounds 1 --seconds 1 --warm-up 1 --connections 2 --keys 6 --projects 3 --instances 20 --listeners 20 --offline'.split(
    ' ',
  );
const TIMEOUT = 180_000;

describe.each([
  ['cached', '(a)', ['linguanova', 'bare Hono']],
  ['single', '(b)', ['linguanova', 'directly']],
  ['inventory', '(c)', ['first', 'cached', 'refreshed']],
  ['keys', '(d)', ['one key', 'uniform', 'zipf']],
  ['events', '(f)', ['events']],
])('bench %s', (name, letter, rows) => {
  test('prints its table', { timeout: TIMEOUT }, async () => {
    // No real OpenStack: this must not wait for one.
    const environment = { OPENSTACK_HOME: '/nowhere' };
    const ended = await run(process.execPath, [MAIN, name, ...TINY], environment, { timeout: TIMEOUT });
    expect(ended.code, ended.stderr).toBe(0);
    expect(ended.stdout).toContain(letter);
    for (const row of rows)
      expect(ended.stdout).toMatch(new RegExp(`^\\| ${row} +\\|( +[\\d.-]+ \\|)+$`, 'm'));
  });
});

test('a wrong option is refused with the usage', async () => {
  for (const args of [['nothing'], ['cached', '--rounds', '0']]) {
    const ended = await run(process.execPath, [MAIN, ...args]);
    expect([ended.code, ended.stderr]).toEqual([2, expect.stringContaining('--rounds')]);
  }
});
