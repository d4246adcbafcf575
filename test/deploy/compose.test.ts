import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseEnv, promisify } from 'node:util';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { readConfig } from '../../src/config/config.ts';
import { Environment } from '../../src/config/environment.ts';
import { fenced, read, section } from '../docs/pages.ts';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');

interface Service {
  readonly env_file?: string;
  readonly environment?: Readonly<Record<string, string | number>>;
  readonly volumes?: readonly string[];
  readonly ports?: readonly string[];
  readonly read_only?: boolean;
  readonly stop_grace_period?: string;
}
interface Compose {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: {
    readonly default: { readonly ipam: { readonly config: readonly { subnet: string }[] } };
  };
}

const { services, networks } = parse(read('compose.yaml'), { merge: true }) as Compose;
const GATEWAYS = [services['gateway-1'], services['gateway-2']];

test('the gateways get every documented variable from the file, and set known ones only', () => {
  const documented = Object.keys(Environment.shape);
  const offered = [...read('deploy/linguanova.env').matchAll(/^#([A-Z_]+)=/gm)].map(([, name]) => name);
  expect(offered).toEqual(documented);
  for (const gateway of GATEWAYS) {
    expect(gateway?.env_file).toBe('.env');
    expect(documented).toEqual(expect.arrayContaining(Object.keys(gateway?.environment ?? {})));
    expect(gateway).toMatchObject({ read_only: true, stop_grace_period: '75s' });
  }
});

test('the gateways reach defined services, and trust the network of the balancer', () => {
  const environment = GATEWAYS[0]?.environment ?? {};
  const hosts = [environment.DATABASE_URL, environment.REDIS_URL].map(
    (url) => /(?:@|\/\/)([\w-]+):\d+/.exec(String(url))?.[1],
  );
  const balanced = [...read('deploy/nginx.conf').matchAll(/server ([\w-]+):8787/g)].map(([, host]) => host);
  expect([...hosts, ...balanced]).toEqual(['postgres', 'redis', 'gateway-1', 'gateway-2']);
  expect(Object.keys(services)).toEqual(expect.arrayContaining([...hosts, ...balanced]));
  const [network] = networks.default.ipam.config;
  expect(environment.LINGUANOVA_TRUSTED_PROXIES).toBe(network?.subnet);
});

test('mounted files exist, and the port of the balancer is open', () => {
  const mounted = Object.values(services).flatMap(({ volumes = [] }) => volumes);
  for (const [path = ''] of mounted.map((volume) => volume.split(':'))) {
    expect(!path.startsWith('.') || existsSync(join(ROOT, path)), path).toBe(true);
  }
  const [, port] = /listen (\d+);/.exec(read('deploy/nginx.conf')) ?? [];
  expect(services.balancer?.ports).toEqual([`8080:${port}`]);
});

test('it has no password', () => {
  const values = Object.values(services).flatMap(({ environment = {} }) => Object.entries(environment));
  for (const [name, value] of values.filter(([key]) => /PASSWORD|SECRET|TOKEN/.test(key))) {
    expect(value, name).toMatch(/^\$\{\w+:\?\}$/);
  }
});

test('the commands of docs/deployment.md write a file with which the gateway starts', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'linguanova-compose-'));
  cpSync(join(ROOT, 'deploy/linguanova.env'), join(folder, 'deploy/linguanova.env'), { recursive: true });
  const [commands = ''] = fenced(section(read('docs/deployment.md'), 'Several nodes'), 'sh');
  await run('sh', ['-ec', commands], { cwd: folder });
  const { POSTGRES_PASSWORD, ...given } = parseEnv(readFileSync(join(folder, '.env'), 'utf8'));
  expect(POSTGRES_PASSWORD).toMatch(/^[\w-]{32}$/);
  const config = readConfig(given, { readCertificates: () => '' });
  expect(config.openStack?.authUrl).toBe('https://keystone.example.org/v3');
});
