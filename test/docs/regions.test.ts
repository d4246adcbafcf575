import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { startProcess } from '../support/gateway-process.ts';
import { ONE, regionalGateway, TWO } from '../support/regional-gateway.ts';
import { fenced, read } from './pages.ts';

const PAGE = read('docs/regions.md');
const gateway = await regionalGateway();
afterAll(() => gateway.stop());

/** `NAME=value` of a command or a file. */
const assignments = (text: string) =>
  Object.fromEntries(
    [...text.matchAll(/\b([A-Z_]+)=(\S+)/g)].map(([, name = '', value = '']) => [name, value]),
  );

test('the variables of the page are a configuration', () => {
  const [variables = ''] = fenced(PAGE, 'text');
  const secret = Buffer.alloc(32, 1).toString('base64');
  const { regions } = readConfig(
    { ...assignments(variables), LINGUANOVA_SECRET: secret },
    { readCertificates: () => '' },
  );
  expect(regions).toMatchObject({ region: ONE, served: [ONE, TWO] });
});

test('the sandbox of the page has both regions', async () => {
  const command = fenced(PAGE, 'sh').find((block) => block.includes('npm start')) ?? '';
  const sandbox = await startProcess(assignments(command));
  const key = /x-api-key: (ln_\w+)/.exec(sandbox.stdout())?.[1] ?? '';
  for (const name of [ONE, TWO]) {
    const response = await fetch(`${sandbox.url}/regions/${name}/v1/images`, {
      headers: { 'x-api-key': key },
    });
    expect(response.status, name).toBe(200);
  }
  await sandbox.end('SIGTERM');
});

test('the requests of the page work as printed, with the response that it shows', async () => {
  const commands = fenced(PAGE, 'sh').filter((block) => block.startsWith('curl '));
  expect(commands).toHaveLength(2);
  const outputs = [];
  for (const command of commands) {
    const env = { PATH: process.env.PATH ?? '', URL: gateway.url, KEY: gateway.key };
    const { stdout } = await promisify(execFile)('sh', ['-ec', command.replace('curl', 'curl -sSf')], {
      env,
    });
    outputs.push(JSON.parse(stdout));
  }
  const [shown = ''] = fenced(PAGE, 'json');
  expect(outputs).toEqual([JSON.parse(shown), []]);
});
