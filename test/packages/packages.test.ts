import { execFileSync, type SpawnSyncReturns, spawnSync } from 'node:child_process';
import { cpSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { writeArtefacts } from '../../build/artefacts.ts';
import { type GatewayProcess, startProcess } from '../support/gateway-process.ts';
import { mcpClient } from '../support/mcp-client.ts';
import { clientSuite } from './client-suite.ts';
import { installTools, type Packages, pack, project, run, type Tools } from './setup.ts';

const MAX_PACKAGES = 60;
const MAX_MEGABYTES = 60;

let tools: Tools;
let packages: Packages;
/** With the gateway. */
let folder: string;
let clientFolder: string;
let gateway: GatewayProcess;

beforeAll(async () => {
  [packages, tools] = await Promise.all([pack(), installTools()]);
  [folder, clientFolder] = await Promise.all([project(packages.gateway), project(packages.client)]);
  cpSync(join(import.meta.dirname, 'project'), clientFolder, { recursive: true });
  const main = join(folder, 'node_modules/linguanova/bin/linguanova.cjs');
  const variables = { LOG_LEVEL: 'silent', LINGUANOVA_CORS_ORIGINS: '*' };
  gateway = await startProcess(variables, undefined, [], [tools.module('node-22/bin/node'), main]);
}, 300_000);
afterAll(async () => {
  await gateway?.end('SIGTERM');
  for (const path of [folder, clientFolder]) rmSync(path, { recursive: true, force: true });
});

const key = () => /x-api-key: (ln_\w+)/.exec(gateway.stdout())?.[1] ?? '';
const nodes: readonly [version: string, program: () => string][] = [
  ['22.19', () => tools.module('node-22/bin/node')],
  ['24', () => process.execPath],
];

test.each(['gateway', 'client'] as const)('the %s passes publint and are-the-types-wrong', async (name) => {
  // Each ends with status 1 if it finds something.
  await Promise.all([
    run(tools.bin('publint'), ['--strict', packages[name]]),
    run(tools.bin('attw'), [packages[name], '--profile', 'esm-only']),
  ]);
});

test('a release has checksums and an SBOM of each package', async () => {
  writeArtefacts();
  const dist = dirname(packages.gateway);
  const checked = await run('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: dist });
  expect(checked.match(/: OK$/gm)).toHaveLength(4);
  const sbomOf = (tarball: string) => JSON.parse(readFileSync(tarball.replace(/tgz$/, 'cdx.json'), 'utf8'));
  const { bomFormat, components } = sbomOf(packages.gateway);
  expect(bomFormat).toBe('CycloneDX');
  // All but the package itself, each with what identifies and verifies it.
  expect(components).toHaveLength(installedPackages() - 1);
  for (const { purl, hashes, licenses } of components) {
    expect([purl, hashes?.length, licenses?.length]).toEqual([expect.stringMatching(/^pkg:npm\//), 1, 1]);
  }
  expect(sbomOf(packages.client).components).toEqual([]);
});

await clientSuite(() => ({ tools, folder: clientFolder, url: gateway.url, key: key() }));

/** The installed command with this Node first in the path. */
function linguanova(node: string, ...args: string[]): SpawnSyncReturns<string> {
  const PATH = [dirname(node), process.env.PATH].join(delimiter);
  const options = { cwd: folder, env: { PATH }, encoding: 'utf8' } as const;
  return spawnSync(join(folder, 'node_modules/.bin/linguanova'), args, options);
}

describe('linguanova', () => {
  test('has JavaScript alone, and no tests', () => {
    const files = execFileSync('tar', ['--list', '--file', packages.gateway], { encoding: 'utf8' }).split(
      '\n',
    );
    expect(files.filter((name) => /(?<!\.d)\.ts$|\.test\.|fixtures|\/test\/|workers/.test(name))).toEqual([]);
    expect(files).toContain('package/adapters/node/main.js');
  });

  test('serves tools to assistants, with a protocol library that is not installed', async () => {
    const { structuredContent } = await mcpClient(gateway.url, key()).call('list', { kind: 'images' });
    expect(structuredContent.items.length).toBeGreaterThan(0);
    expect(readdirSync(join(folder, 'node_modules'))).not.toContain('@modelcontextprotocol');
    const protocol = join(folder, 'node_modules/linguanova/src/mcp');
    expect(readdirSync(protocol)).toContain('LICENSE-of-the-protocol');
    // That the library brings its own copy of, under another licence.
    expect(readFileSync(join(protocol, 'protocol.js'), 'utf8')).not.toMatch(/ajv implementation|@cfworker/);
  });

  test('installs at most 60 packages and 60 MB', () => {
    const count = installedPackages();
    const megabytes = sizeOf(join(folder, 'node_modules')) / 1e6;
    console.log(`linguanova: ${count} packages, ${megabytes.toFixed(1)} MB`);
    expect(count).toBeLessThanOrEqual(MAX_PACKAGES);
    expect(megabytes).toBeLessThanOrEqual(MAX_MEGABYTES);
  });

  test('says in one line that Node 20 is too old, and exits with 1', () => {
    const { status, stdout, stderr } = linguanova(tools.module('node-20/bin/node'), 'serve');
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toBe('linguanova: Node 22.19 or newer is needed, and this is v20.19.0\n');
  });

  test.each(nodes)('prints its commands on Node %s without a warning', (_, node) => {
    const { status, stdout, stderr } = linguanova(node(), 'help');
    expect([status, stderr]).toEqual([0, '']);
    expect(stdout).toContain('linguanova');
  });

  test('serves on Node 22.19 without a warning', () => {
    expect(gateway.stderr()).toBe('');
  });

  test.each(['/docs', '/openapi.json', '/console', '/healthz'])('serves %s', async (path) => {
    const response = await fetch(gateway.url + path);
    expect(response.status).toBe(200);
    const scripts = [...(await response.text()).matchAll(/(?:src|href)="([^":]+\.(?:js|css|svg))"/g)];
    expect(scripts.length > 0).toBe(path === '/docs' || path === '/console');
    for (const [, script = ''] of scripts) {
      const { status, headers } = await fetch(new URL(script, gateway.url + path));
      expect([script, status]).toEqual([script, 200]);
      expect(headers.get('content-type')).toMatch(/^(text\/javascript|text\/css|image\/svg)/);
    }
  });
});

/** In the gateway's project, itself included. */
function installedPackages(): number {
  const lock = readFileSync(join(folder, 'node_modules/.package-lock.json'), 'utf8');
  return Object.keys(JSON.parse(lock).packages).length;
}

/** Bytes of all files below. */
function sizeOf(path: string): number {
  return readdirSync(path, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .reduce((sum, entry) => sum + statSync(join(entry.parentPath, entry.name)).size, 0);
}
