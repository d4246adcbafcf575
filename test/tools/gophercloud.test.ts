import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Comparison, type Differences, type Program, WAYS } from './comparison.ts';
import { installed } from './install.ts';

const comparison = new Comparison();
let program: Program;
beforeAll(async () => {
  program = { command: join(await installed('gophercloud'), 'steps'), args: [] };
});
afterAll(() => comparison.close());

const DIFFERENCES: Differences = {};

test.each(WAYS)('gophercloud: every service, %s', async (where) => {
  const run = { tool: 'gophercloud', version: '2.16.0', run: 'every service', where };
  expect(await comparison.differences(program, run, DIFFERENCES)).toEqual([]);
});
