import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { Comparison, type Differences, PROGRAMS, type Program, WAYS } from './comparison.ts';
import { pythonTool } from './install.ts';
import { PYTHON_PACKAGES } from './python-packages.ts';

const comparison = new Comparison();
afterAll(() => comparison.close());

const VERSIONS = { '3.9.1': 'libcloud', '3.6.1': 'libcloud-oldest' } as const;
const programs = new Map<string, Program>();
beforeAll(async () => {
  for (const [version, name] of Object.entries(VERSIONS)) {
    const folder = await pythonTool(name, PYTHON_PACKAGES[name]);
    programs.set(version, {
      command: join(folder, 'bin/python'),
      args: [join(PROGRAMS, 'libcloud_steps.py')],
    });
  }
});

const OBJECTS = 'a redu cloud has no object storage';
const FLAG = 'enableSSH is shown while a security group opens TCP 22';
const DIFFERENCES: Differences = {
  directly: { 'create a volume': 'Libcloud searches for a service with the name cinderv3' },
  'redu chain': {
    'list subnets': 'a redu cloud reports no subnets',
    metadata: FLAG,
    'set metadata': FLAG,
    'create a container': OBJECTS,
    'upload an object': OBJECTS,
    'list objects': OBJECTS,
    'download an object': OBJECTS,
    'delete: create a container': OBJECTS,
    'delete: upload an object': OBJECTS,
  },
};
const CASES = Object.keys(VERSIONS).flatMap((version) => WAYS.map((where) => ({ version, where })));

test.each(CASES)(
  'Libcloud $version: nodes, volumes, addresses, objects, $where',
  async ({ version, where }) => {
    const program = programs.get(version);
    if (program === undefined) throw new Error(`not installed: ${version}`);
    const run = { tool: 'Libcloud', version, run: 'nodes, volumes, addresses, objects', where };
    expect(await comparison.differences(program, run, DIFFERENCES)).toEqual([]);
  },
);
