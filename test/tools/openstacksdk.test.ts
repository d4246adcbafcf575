import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Comparison, type Differences, PROGRAMS, type Program, WAYS } from './comparison.ts';
import { pythonTool } from './install.ts';
import { PYTHON_PACKAGES } from './python-packages.ts';

const comparison = new Comparison();
afterAll(() => comparison.close());

let program: Program;
beforeAll(async () => {
  const folder = await pythonTool('openstackclient', PYTHON_PACKAGES.openstackclient);
  program = { command: join(folder, 'bin/python'), args: [join(PROGRAMS, 'sdk_steps.py')] };
});

const DIFFERENCES: Differences = {};

test.each(WAYS)('openstacksdk: both of its layers, every service, %s', async (where) => {
  const run = { tool: 'openstacksdk', version: '4.22.0', run: 'both of its layers, every service', where };
  expect(await comparison.differences(program, run, DIFFERENCES)).toEqual([]);
});
