import { execFileSync } from 'node:child_process';
import { mkdirSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import { CONFIG_FORMATS } from '../../src/tool-config.ts';
import { database, emptyDirectory } from '../e2e/keys-database.ts';
import { PROJECT } from '../e2e/wrong-keys-commands.ts';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';
import { code, fenced, read, rows, section } from './pages.ts';

const PAGE = read('docs/tools/configuration.md');
const MAIN = join(import.meta.dirname, '../../adapters/node/main.ts');
const CLIENT = join(import.meta.dirname, '../../src/client');
const [request = '', create = ''] = fenced(PAGE, 'sh');
const [program = ''] = fenced(PAGE, 'js');

const folder = emptyDirectory();
const { env } = database();
let gateway: GatewayProcess;
beforeAll(async () => {
  gateway = await startProcess(env);
  writeFileSync(join(folder, 'linguanova'), `#!/bin/sh\nexec "${process.execPath}" "${MAIN}" "$@"\n`, {
    mode: 0o755,
  });
});
afterAll(() => gateway.end('SIGTERM'));

const shell = (script: string, variables: Record<string, string> = {}) =>
  execFileSync('/bin/sh', ['-ec', script], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...env, PATH: `${folder}:${process.env.PATH}`, LINGUANOVA_PUBLIC_URL: gateway.url, ...variables },
  });

test('the table has every format', () => {
  expect(rows(PAGE).map(([format = '']) => code(format))).toEqual(CONFIG_FORMATS);
});

test('a key and its configuration are created and requested as printed', () => {
  shell(create, { PROJECT });
  const created = readFileSync(join(folder, 'clouds.yaml'), 'utf8');
  const { auth } = parse(created).clouds.linguanova;
  expect(auth.auth_url).toBe(`${gateway.url}/identity/v3`);
  const command = request.replace('http://127.0.0.1:8787', gateway.url);
  shell(command, { LINGUANOVA_KEY: auth.application_credential_secret });
  expect(readFileSync(join(folder, 'clouds.yaml'), 'utf8')).toBe(created);
});

test('the commands of the README write the configuration of the three tools', () => {
  const [commands = ''] = fenced(section(read('README.md'), 'Use it with your tools'), 'sh');
  shell(create, { PROJECT });
  const { auth } = parse(readFileSync(join(folder, 'clouds.yaml'), 'utf8')).clouds.linguanova;
  const key = auth.application_credential_secret;
  shell(commands.replace('http://127.0.0.1:8787', gateway.url), { LINGUANOVA_KEY: key });
  for (const file of ['clouds.yaml', 'provider.tf', 'cloud.conf'])
    expect(readFileSync(join(folder, file), 'utf8'), file).toContain(key);
});

test('the program lists the instances with .env', () => {
  shell(`${create.trim().replaceAll('clouds.yaml', 'env').replace('>env', '>.env')}`, { PROJECT });
  mkdirSync(join(folder, 'client'));
  writeFileSync(
    join(folder, 'client/package.json'),
    JSON.stringify({ name: '@linguanova/client', type: 'module', exports: './src/index.ts' }),
  );
  symlinkSync(CLIENT, join(folder, 'client/src'));
  mkdirSync(join(folder, 'node_modules/@linguanova'), { recursive: true });
  symlinkSync(join(folder, 'client'), join(folder, 'node_modules/@linguanova/client'));
  writeFileSync(join(folder, 'list.mjs'), program);
  expect(shell(`"${process.execPath}" --env-file=.env list.mjs`)).toMatch(/^\S+ active$/m);
});
