import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Comparison, type Differences, PROGRAMS, type Program } from './comparison.ts';
import { installed } from './install.ts';

const comparison = new Comparison();
let program: Program;
beforeAll(async () => {
  const rclone = join(await installed('rclone'), 'rclone');
  program = { command: '/usr/bin/python3', args: [join(PROGRAMS, 'rclone_steps.py'), rclone] };
});
afterAll(() => comparison.close());

const DIFFERENCES: Differences = {};

test.each(['directly', 'gateway'] as const)('rclone: copy, sync, check, large objects, %s', async (where) => {
  const run = { tool: 'rclone', version: '1.76.0', run: 'copy, sync, check, large objects', where };
  expect(await comparison.differences(program, run, DIFFERENCES)).toEqual([]);
});
