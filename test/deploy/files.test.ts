/**
 * There is no container engine on the machines that run the tests, so these hold what can be held without one: that the files
 * agree with each other, with the configuration and with what is in the repository. `test/e2e/several-nodes.test.ts` runs the
 * same processes by hand, the balancer's configuration included.
 *
 * @module
 */

import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { Environment } from '../../src/config/environment.ts';
import { read } from '../docs/pages.ts';

const ROOT = join(import.meta.dirname, '../..');
const DOCKERFILE = read('Dockerfile').replaceAll('\\\n', ' ');
const COMPOSE = read('compose.yaml');
const VARIABLES = Object.keys(Environment.shape);

const instructions = (name: string) =>
  [...DOCKERFILE.matchAll(new RegExp(`^${name} (.*)$`, 'gm'))].map(([, rest = '']) => rest.trim());

describe('Dockerfile', () => {
  test('copies exactly the files that the gateway needs', () => {
    const copied = instructions('COPY').flatMap((line) => line.split(/\s+/).slice(0, -1));
    expect(copied.filter((path) => !existsSync(join(ROOT, path)))).toEqual([]);
    const included = read('.dockerignore')
      .split('\n')
      .filter((line) => line.startsWith('!'))
      .map((line) => line.slice(1));
    expect(included.toSorted()).toEqual(copied.toSorted());
    expect(copied).toEqual(expect.arrayContaining(['package.json', 'package-lock.json', 'src', 'adapters']));
  });

  test('runs what npm start runs, on the Node that package.json asks for, as an unprivileged user', () => {
    const { scripts, engines } = JSON.parse(read('package.json'));
    const command = JSON.parse(instructions('CMD').at(-1) ?? '[]');
    // The image has the Node it needs.
    expect(`exec ${command.slice(0, 2).join(' ')}`).toBe(scripts.start.replace(/ --require \S+/, ''));
    expect(instructions('FROM')).toEqual([`node:${engines.node.replace('>=', '')}-slim`]);
    expect(DOCKERFILE.indexOf('\nUSER node')).toBeGreaterThan(DOCKERFILE.indexOf('RUN npm ci'));
    expect(instructions('RUN').join()).toContain('npm ci --omit=dev');
  });

  test('sets known variables and probes an existing path', () => {
    const set = instructions('ENV').flatMap((line) => [...line.matchAll(/(\w+)=/g)].map(([, name]) => name));
    expect(set.filter((name) => name !== 'NODE_ENV' && !VARIABLES.includes(name ?? ''))).toEqual([]);
    expect(DOCKERFILE).toContain('/healthz');
    expect(instructions('EXPOSE')).toEqual([/PORT=(\d+)/.exec(DOCKERFILE)?.[1]]);
  });
});

describe('compose.yaml', () => {
  const gateway = COMPOSE.slice(COMPOSE.indexOf('x-gateway:'), COMPOSE.indexOf('\nservices:'));
  const services = [...COMPOSE.slice(COMPOSE.indexOf('\nservices:')).matchAll(/^ {2}([\w-]+):/gm)].map(
    ([, name]) => name,
  );

  test('sets known variables', () => {
    const [, environment = ''] = /environment:\n((?: {4}.*\n)+)/.exec(gateway) ?? [];
    const given = [...environment.matchAll(/^ {4}(\w+):/gm)].map(([, name]) => name ?? '');
    expect(given.length).toBeGreaterThan(8);
    expect(given.filter((name) => !VARIABLES.includes(name))).toEqual([]);
  });

  test('refers to defined services only', () => {
    const reached = [
      ...[...gateway.matchAll(/(?:postgres:\/\/.*@|redis:\/\/)([\w-]+):\d+/g)].map(([, host]) => host),
      ...[...read('deploy/nginx.conf').matchAll(/server ([\w-]+):8787/g)].map(([, host]) => host),
    ];
    expect(reached).toEqual(['postgres', 'redis', 'gateway-1', 'gateway-2']);
    expect(services).toEqual(expect.arrayContaining(reached));
  });

  test('mounts a file that exists, and opens the port the balancer listens on', () => {
    for (const [, file = ''] of COMPOSE.matchAll(/- \.\/([\w/.-]+):/g)) {
      expect(existsSync(join(ROOT, file)), file).toBe(true);
    }
    const [, port] = /listen (\d+);/.exec(read('deploy/nginx.conf')) ?? [];
    expect(COMPOSE).toContain(`"8080:${port}"`);
    expect(gateway).toContain('LINGUANOVA_TRUSTED_PROXIES: 10.87.0.0/24');
    expect(COMPOSE).toContain('- subnet: 10.87.0.0/24');
  });

  test('contains no secret', () => {
    for (const name of ['LINGUANOVA_SECRET', 'LINGUANOVA_ADMIN_TOKEN']) {
      expect(gateway).toMatch(new RegExp(`${name}: \\$\\{${name}:\\?`));
    }
    expect(COMPOSE).not.toMatch(/PASSWORD: (?!\$\{)/);
  });
});
