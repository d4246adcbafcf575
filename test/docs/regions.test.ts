import { execFile } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { startProcess } from '../support/gateway-process.ts';
import { keyIdOf } from '../support/nova-client.ts';
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

/** Where `test/tools/install/terraform` or a machine's own build has the programs. */
const BIN = join(process.env.TERRAFORM_HOME ?? '/tmp/terraform', 'bin');

test.skipIf(!existsSync(join(BIN, 'tofu')))(
  'one plan of Terraform makes the resources of the page in both regions, and has nothing to change then',
  async () => {
    const folder = mkdtempSync(join(tmpdir(), 'linguanova-regions-'));
    const [resources = ''] = fenced(PAGE, 'hcl');
    const source = 'terraform-provider-openstack/openstack';
    const block = (name: string, ...lines: readonly string[]) => [`${name} {`, ...lines, '}'].join('\n');
    const provider = `openstack = { source = "${source}" }`;
    const main = block('terraform', block('required_providers', provider));
    writeFileSync(join(folder, 'main.tf'), `${main}\n${resources}`);
    const overrides = block('dev_overrides', `"${source}" = "${BIN}"`);
    writeFileSync(join(folder, 'tofurc'), block('provider_installation', overrides, 'direct {}'));
    const env = {
      PATH: `${BIN}:${process.env.PATH}`,
      TF_CLI_CONFIG_FILE: join(folder, 'tofurc'),
      CHECKPOINT_DISABLE: '1',
      OS_AUTH_TYPE: 'v3applicationcredential',
      OS_AUTH_URL: `${gateway.url}/identity/v3`,
      OS_REGION_NAME: ONE,
      OS_APPLICATION_CREDENTIAL_ID: keyIdOf(gateway.key),
      OS_APPLICATION_CREDENTIAL_SECRET: gateway.key,
    };
    const tofu = (...args: readonly string[]) => promisify(execFile)('tofu', args, { cwd: folder, env });
    const laptops = async () => {
      const prefixes = ['', `/regions/${TWO}`];
      const found = await Promise.all(prefixes.map((one) => gateway.request(`${one}/v1/keypairs/laptop`)));
      return found.map(({ status }) => status);
    };
    try {
      await tofu('apply', '-auto-approve');
      expect(await laptops()).toEqual([200, 200]);
      expect((await tofu('plan', '-detailed-exitcode')).stdout).toContain('No changes.');
      await tofu('destroy', '-auto-approve');
      expect(await laptops()).toEqual([404, 404]);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
);
