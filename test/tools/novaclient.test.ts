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
  program = { command: join(folder, 'bin/python'), args: [join(PROGRAMS, 'nova_steps.py')] };
});

const DIFFERENCES: Differences = { 'redu chain': { usage: 'a redu cloud does not report usage by server' } };

test.each(WAYS)('python-novaclient: servers, key pairs, groups, refusals, %s', async (where) => {
  const run = {
    tool: 'python-novaclient',
    version: '18.13.1',
    run: 'servers, key pairs, groups, refusals',
    where,
  };
  expect(await comparison.differences(program, run, DIFFERENCES)).toEqual([]);
});
