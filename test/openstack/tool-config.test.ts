/** Each format of `GET /v1/config`, read by the tool that it is for. */

import { execFile } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { undiciTransport } from '../../adapters/openstack/http/undici.ts';
import { openStackDriver } from '../../adapters/openstack/index.ts';
import { ALL_SERVICES } from '../../src/dialects/nova/services.ts';
import { DEFAULT_SCOPES, EVERY_SERVICE } from '../../src/scopes.ts';
import { type RunningGateway, startGateway } from '../support/gateway.ts';
import { requireOpenStack } from './target.ts';

const variables = requireOpenStack();
const region = variables.OS_REGION_NAME ?? '';
const TOFU = join(process.env.TERRAFORM_HOME ?? '/tmp/terraform', 'bin/tofu');

const clouds = openStackDriver({
  transport: undiciTransport(),
  authUrl: variables.OS_AUTH_URL ?? '',
  endpoints: { region, interface: 'public' },
  services: ALL_SERVICES,
  serviceAccount: null,
});
const folder = mkdtempSync(join(tmpdir(), 'linguanova-config-'));
let gateway: RunningGateway;
let key: string;
beforeAll(async () => {
  gateway = await startGateway(clouds, { services: ALL_SERVICES });
  const { ACME_APP_CRED_ID: id = '', ACME_APP_CRED_SECRET: secret = '' } = variables;
  const credential = { kind: 'application_credential', id, secret } as const;
  key = await gateway.keyFor(credential, [...DEFAULT_SCOPES, ...EVERY_SERVICE]);
});
afterAll(async () => {
  await gateway.stop();
  await clouds.close();
});

async function write(format: string, file = format): Promise<void> {
  const response = await fetch(`${gateway.url}/v1/config?format=${format}`, {
    headers: { 'x-api-key': key },
  });
  expect(response.status).toBe(200);
  writeFileSync(join(folder, file), (await response.text()).replaceAll('<SECRET>', key));
}

async function run(command: string): Promise<string> {
  const env = { PATH: process.env.PATH, HOME: process.env.HOME };
  const { stdout } = await promisify(execFile)('/bin/sh', ['-ec', command], { cwd: folder, env });
  return stdout;
}

test('openstack signs in with clouds.yaml', async () => {
  await write('clouds.yaml');
  expect(await run('openstack --os-cloud linguanova token issue -f value -c project_id')).toMatch(
    /^\w{32}\n$/,
  );
});

test('openstack signs in with openrc', async () => {
  await write('openrc');
  expect(await run('. ./openrc; openstack token issue -f value -c project_id')).toMatch(/^\w{32}\n$/);
});

test('rclone lists the containers', async () => {
  await write('rclone', 'rclone.conf');
  await run('rclone --config rclone.conf lsd linguanova:');
});

test('the parser of cloud.conf reads it', async () => {
  await write('cloud.conf');
  writeFileSync(join(folder, 'go.mod'), 'module read\n\ngo 1.21\n');
  writeFileSync(join(folder, 'read.go'), READ);
  await run('go get gopkg.in/gcfg.v1@v1.2.3 2>/dev/null');
  expect((await run('go run . cloud.conf')).trim().split('\n')).toEqual([
    `${gateway.url}/identity/v3`,
    key.split('_')[1],
    key,
    region,
  ]);
});

test.runIf(
  await run(`${TOFU} version`).then(
    () => true,
    () => false,
  ),
)('OpenTofu reads the provider block', async () => {
  await write('terraform', 'provider.tf');
  expect(await run(`${TOFU} fmt -check -diff provider.tf`)).toBe('');
  writeFileSync(join(folder, 'project.tf'), PROJECT);
  const home = join(TOFU, '../..');
  expect(await run(`TF_CLI_CONFIG_FILE=${home}/tofurc ${TOFU} apply -no-color -auto-approve`)).toContain(
    `region = "${region}"`,
  );
});

/** As cloud-provider-openstack reads it. */
const READ = `package main

import (
	"fmt"
	"os"

	"gopkg.in/gcfg.v1"
)

func main() {
	var config struct {
		Global struct {
			AuthURL  string \`gcfg:"auth-url"\`
			ID       string \`gcfg:"application-credential-id"\`
			Secret   string \`gcfg:"application-credential-secret"\`
			Region   string
		}
	}
	if err := gcfg.ReadFileInto(&config, os.Args[1]); err != nil {
		panic(err)
	}
	global := config.Global
	fmt.Printf("%s\\n%s\\n%s\\n%s\\n", global.AuthURL, global.ID, global.Secret, global.Region)
}
`;

const PROJECT = `data "openstack_networking_network_v2" "public" {
  name = "public"
}

output "region" {
  value = data.openstack_networking_network_v2.public.region
}
`;
