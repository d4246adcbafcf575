/** There is no container engine where the tests run; the build's commands are those of the package, which test/packages runs. */

import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, test } from 'vitest';
import { GATEWAY_MANIFEST } from '../../build/manifests.ts';
import { Environment } from '../../src/config/environment.ts';
import { read } from '../docs/pages.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const DOCKERFILE = read('Dockerfile').replaceAll('\\\n', ' ');
const [, BUILD = '', IMAGE = ''] = DOCKERFILE.split(/^FROM .*$/m);
const VARIABLES = Object.keys(Environment.shape);

const instructions = (name: string, text = DOCKERFILE) =>
  [...text.matchAll(new RegExp(`^${name} (.*)$`, 'gm'))].map(([, rest = '']) => rest.trim());

test('the context has exactly the files that the image copies', () => {
  const copied = instructions('COPY', BUILD).flatMap((line) => line.split(/\s+/).slice(0, -1));
  expect(copied.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
  const included = read('.dockerignore')
    .split('\n')
    .filter((line) => line.startsWith('!'))
    .map((line) => line.slice(1));
  expect(included.toSorted()).toEqual(copied.toSorted());
});

test('both stages have the Node image of the argument, whose default is a full version', () => {
  const [, version = ''] = /^ARG NODE_IMAGE=node:(\d+\.\d+\.\d+)-\w+-slim$/m.exec(DOCKERFILE) ?? [];
  const { packages } = JSON.parse(read('package-lock.json'));
  expect(version).toBe(packages['node_modules/node'].version);
  const argument = ['$', '{NODE_IMAGE}'].join('');
  expect(instructions('FROM')).toEqual([`${argument} AS build`, argument]);
});

test('the image runs the command of the package as an unprivileged user, who may write to the volume only', () => {
  expect(instructions('RUN', BUILD)).toContain('npm run build');
  const installed = instructions('COPY', IMAGE);
  expect(installed).toEqual(['--from=build /opt/linguanova /opt/linguanova']);
  const [[command, program] = []] = Object.entries(GATEWAY_MANIFEST.bin);
  expect(instructions('RUN', IMAGE)).toContain(`ln -s /opt/linguanova/${program} /usr/local/bin/${command}`);
  expect(JSON.parse(instructions('ENTRYPOINT', IMAGE)[0] ?? '')).toEqual([command]);
  const [user] = instructions('USER', IMAGE);
  expect(user).toMatch(/^[1-9]\d*:[1-9]\d*$/);
  expect(IMAGE.indexOf('\nUSER ')).toBeGreaterThan(IMAGE.indexOf('\nRUN '));
  expect(instructions('VOLUME', IMAGE)).toEqual(instructions('WORKDIR', IMAGE));
});

test('variables are known ones, and labels name version, revision, source and licence', () => {
  const set = instructions('ENV', IMAGE).flatMap((line) =>
    [...line.matchAll(/(\w+)=/g)].map(([, name]) => name),
  );
  expect(set.filter((name = '') => !['NODE_ENV', ...VARIABLES].includes(name))).toEqual([]);
  expect(instructions('EXPOSE')).toEqual([/PORT=(\d+)/.exec(IMAGE)?.[1]]);
  const labels = [...IMAGE.matchAll(/org\.opencontainers\.image\.(\w+)=/g)].map(([, label]) => label);
  expect(labels).toEqual(expect.arrayContaining(['version', 'revision', 'source', 'licenses']));
});

test('the health check asks the address that the gateway listens on', async () => {
  const [, command = ''] = /^HEALTHCHECK .*? CMD (\[.*\])$/m.exec(DOCKERFILE) ?? [];
  const [program, ...args] = JSON.parse(command) as [string, ...string[]];
  const check = (HOST: string, { port }: AddressInfo) =>
    run(program, args, { env: { PATH: process.env.PATH, HOST, PORT: String(port) } }).then(
      () => 'healthy',
      () => 'unhealthy',
    );
  const servers = await Promise.all(['127.0.0.2', '0.0.0.0', '::1'].map(listen));
  const [one, any, six] = servers.map((server) => server.address() as AddressInfo);
  if (one === undefined || any === undefined || six === undefined) throw new Error('nothing listens');
  const checks = [check('127.0.0.2', one), check('0.0.0.0', any), check('::', six), check('127.0.0.3', one)];
  expect(await Promise.all(checks)).toEqual(['healthy', 'healthy', 'healthy', 'unhealthy']);
  for (const server of servers) server.close();
});

async function listen(host: string): Promise<Server> {
  const server = createServer(({ url }, response) =>
    response.writeHead(url === '/healthz' ? 200 : 404).end(),
  );
  server.listen(0, host);
  await once(server, 'listening');
  return server;
}
