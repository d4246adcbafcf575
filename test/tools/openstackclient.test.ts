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
  program = { command: join(folder, 'bin/python'), args: [join(PROGRAMS, 'openstackclient_steps.py')] };
});

const DIFFERENCES: Differences = {};

test.each(WAYS)('openstackclient: commands and plugins of every service, %s', async (where) => {
  const run = {
    tool: 'python-openstackclient',
    version: '10.5.0',
    run: 'commands and plugins of every service',
    where,
  };
  expect(await comparison.differences(program, run, DIFFERENCES)).toEqual([]);
});
