import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Comparison, type Differences, PROGRAMS, type Program, WAYS } from './comparison.ts';
import { installed, pythonTool } from './install.ts';
import { PYTHON_PACKAGES } from './python-packages.ts';

const comparison = new Comparison();
let program: Program;
beforeAll(async () => {
  await installed('debian');
  const folder = await pythonTool('openstackclient', PYTHON_PACKAGES.openstackclient);
  program = { command: join(folder, 'bin/python'), args: [join(PROGRAMS, 'packer_steps.py')] };
});
afterAll(() => comparison.close());

const DIFFERENCES: Differences = {};

test.each(WAYS)('Packer: build of an image, %s', async (where) => {
  const run = { tool: 'Packer', version: '1.6.6', run: 'build of an image', where };
  expect(await comparison.differences(program, run, DIFFERENCES)).toEqual([]);
});
