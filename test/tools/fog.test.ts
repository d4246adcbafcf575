import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Comparison, type Differences, PROGRAMS, type Program, WAYS } from './comparison.ts';
import { installed } from './install.ts';

const comparison = new Comparison();
let program: Program;
beforeAll(async () => {
  await installed('debian');
  program = { command: '/usr/bin/ruby', args: [join(PROGRAMS, 'fog_steps.rb')], hasPassword: true };
});
afterAll(() => comparison.close());

const OBJECTS = 'a redu cloud has no object storage';
const DIFFERENCES: Differences = {
  'redu chain': {
    'create a directory': OBJECTS,
    'put an object': OBJECTS,
    'get an object': OBJECTS,
    'delete the object': OBJECTS,
    'delete the directory': OBJECTS,
  },
};

test.each(WAYS)('fog-openstack: servers, volumes, objects, by user and password, %s', async (where) => {
  const run = {
    tool: 'fog-openstack',
    version: '1.0.8',
    run: 'servers, volumes, objects, by user and password',
    where,
  };
  expect(await comparison.differences(program, run, DIFFERENCES)).toEqual([]);
});
