import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type SandboxTarget, sandboxTarget } from '../support/sandbox-target.ts';
import { fenced, read } from './pages.ts';

const PAGE = read('docs/redu.md');
const BLOCKS = fenced(PAGE, 'sh');
/** The shell functions that the page defines before its first command. */
const [PREAMBLE = ''] = fenced(PAGE, 'text');
const FUNCTIONS = PREAMBLE.split('\n')
  .filter((line) => /^\w+\(\) /.test(line))
  .join('\n');

/** An answer that is no success fails the command; the page itself shows curl as a reader would type it. */
const STRICT = 'curl() { command curl --fail-with-body --silent --show-error "$@"; }\n';

/** In the order of the page, each in a shell of its own, as a reader would try them against `npm start`. */
describe('the commands of docs/redu.md work as printed', () => {
  let target: SandboxTarget;
  let key: string;
  beforeAll(async () => {
    target = await sandboxTarget({ withExampleServers: true });
    key = (await target.acme.client()).key;
  });
  afterAll(() => target?.close());

  test.each(BLOCKS)('%s', async (block) => {
    const { stdout } = await promisify(execFile)('sh', ['-ec', `${STRICT}${FUNCTIONS}\n${block}`], {
      env: {
        PATH: process.env.PATH ?? '',
        URL: target.url,
        KEY: key,
        OS_USERNAME: target.acme.userName,
        OS_PASSWORD: target.acme.password,
        OS_PROJECT_NAME: target.acme.projectName,
      },
    });
    expect(stdout).not.toContain('"error"');
  });
});

test('there is a command for each resource', () => {
  const shown = BLOCKS.join('\n');
  const resources = [
    'me',
    'regions',
    'api_keys',
    'instances',
    'flavors',
    'images',
    'networks',
    'availability_zones',
    'floating_ips',
    'quotas',
    'keypairs',
    'security_groups',
    'server_groups',
  ];
  expect(resources.filter((resource) => !shown.includes(`$URL/v1/${resource}`))).toEqual([]);
});
