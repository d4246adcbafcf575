import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Comparison, type Differences, PROGRAMS, type Program, WAYS } from './comparison.ts';
import { installed } from './install.ts';

const comparison = new Comparison();
let program: Program;
beforeAll(async () => {
  const folder = await installed('ansible');
  program = {
    command: join(folder, 'bin/python'),
    args: ['ansible_steps.py'],
    cwd: join(PROGRAMS, 'ansible'),
    env: { COLLECTIONS: join(folder, 'collections') },
  };
});
afterAll(() => comparison.close());

const DIFFERENCES: Differences = {};

test.each(WAYS)('Ansible: present, present again, absent, absent again, %s', async (where) => {
  const run = {
    tool: 'Ansible',
    version: 'core 2.19, openstack.cloud 2.6',
    run: 'present, present again, absent, absent again',
    where,
  };
  expect(await comparison.differences(program, run, DIFFERENCES)).toEqual([]);
});
