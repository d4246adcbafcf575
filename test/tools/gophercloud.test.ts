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

const NETWORKS = 'a redu cloud makes a network with its subnet and router at once';
const FURTHER = 'a redu cloud has no further services';
const DIFFERENCES: Differences = {
  'redu chain': {
    'create a network': NETWORKS,
    'create a subnet': NETWORKS,
    'delete the network': NETWORKS,
    download: 'a redu cloud returns no image data',
    'create a container': FURTHER,
    'put an object': FURTHER,
    'get an object': FURTHER,
    'delete the object': FURTHER,
    'delete the container': FURTHER,
    'store a secret': FURTHER,
    'its payload': FURTHER,
    'delete the secret': FURTHER,
    'create a zone': FURTHER,
    'delete the zone': FURTHER,
    'create a stack': FURTHER,
    'until it is complete': FURTHER,
    'find it by name': FURTHER,
    'delete the stack': FURTHER,
  },
};

test.each(WAYS)('gophercloud: every service, %s', async (where) => {
  const run = { tool: 'gophercloud', version: '2.16.0', run: 'every service', where };
  expect(await comparison.differences(program, run, DIFFERENCES)).toEqual([]);
});
