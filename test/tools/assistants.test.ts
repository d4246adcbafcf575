import { execFile } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server, request as send } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { fenced, read } from '../docs/pages.ts';
import { startFixtures } from '../support/mcp-fixtures.ts';
import { installed } from './install.ts';
import { record } from './record.ts';
import { openWay, type Way } from './ways.ts';

/** With an address that takes no key: the suite has no option for a header. */
const AS_SERVED = ['server-initialize', 'ping', 'tools-list', 'dns-rebinding-protection'];
/** Those of tools, the only capability that `/mcp` declares. */
const OF_TOOLS = [
  'tools-call-simple-text',
  'tools-call-image',
  'tools-call-audio',
  'tools-call-embedded-resource',
  'tools-call-mixed-content',
  'tools-call-error',
  'tools-call-with-progress',
  'json-schema-2020-12',
];
const CALL_TIMEOUT_MS = 120_000;

let folder: string;
let way: Way;
let servers: Server[];
beforeAll(async () => {
  folder = await installed('mcp');
  way = await openWay('sandbox', null);
  servers = [await startFixtures(), await keyProxy(way)];
}, 600_000);
afterAll(async () => {
  for (const server of servers) server.close();
  await way.close();
});

const program = (name: string, path: string) =>
  join(folder, 'node_modules/@modelcontextprotocol', name, path);
const versionOf = (name: string): string =>
  JSON.parse(readFileSync(program(name, 'package.json'), 'utf8')).version;

describe('the conformance suite of the protocol', () => {
  test.each([
    ['as served', AS_SERVED, 1],
    ['fixture tools on the same transport', OF_TOOLS, 0],
  ] as const)(
    'passes: %s',
    async (what, scenarios, index) => {
      const failed = [];
      for (const scenario of scenarios)
        if (!(await passes(urlOf(servers[index]), scenario))) failed.push(scenario);
      record({
        tool: 'MCP conformance',
        version: versionOf('conformance'),
        run: what,
        where: 'sandbox',
        outcome: `${scenarios.length - failed.length} of ${scenarios.length} scenarios`,
      });
      expect(failed).toEqual([]);
    },
    600_000,
  );

  async function passes(url: string, scenario: string): Promise<boolean> {
    const results = mkdtempSync(join(tmpdir(), 'linguanova-mcp-'));
    try {
      const main = program('conformance', 'dist/index.js');
      const args = [main, 'server', '--url', url, '--scenario', scenario, '-o', results];
      const { stdout } = await promisify(execFile)(process.execPath, args, { timeout: CALL_TIMEOUT_MS });
      return /Passed: (\d+)\/\1, 0 failed/.test(stdout);
    } catch {
      return false;
    } finally {
      rmSync(results, { recursive: true });
    }
  }
});

describe("the inspector's command line", () => {
  test('lists and calls the tools', async () => {
    const [printed = ''] = fenced(read('docs/tools/assistants.md'), 'sh').filter((block) =>
      block.startsWith('npx '),
    );
    const env = { ...process.env, URL: way.gateway?.url ?? '', KEY: way.secret };
    const options = { cwd: folder, env, timeout: CALL_TIMEOUT_MS, maxBuffer: 1e7 };
    const { stdout } = await promisify(execFile)('sh', ['-ec', printed], options);
    expect(JSON.parse(stdout).tools).toHaveLength(6);
    const listed = await inspect(
      '--method',
      'tools/call',
      '--tool-name',
      'list',
      '--tool-arg',
      'kind=images',
    );
    const fields = 'fields={"name": "inspected", "cidr": "10.7.0.0/24"}';
    const made = await inspect(
      '--method',
      'tools/call',
      '--tool-name',
      'create',
      '--tool-arg',
      'kind=networks',
      fields,
    );
    record({
      tool: 'MCP inspector',
      version: versionOf('inspector'),
      run: 'list, call a reading and a writing tool',
      where: 'sandbox',
      outcome: 'works',
    });
    expect(listed.structuredContent.items.length).toBeGreaterThan(0);
    expect(made.structuredContent).toMatchObject({ name: 'inspected', routed: true });
  }, 300_000);

  async function inspect(...args: string[]) {
    const main = program('inspector', 'clients/launcher/build/index.js');
    const url = `${way.gateway?.url}/mcp`;
    const header = ['--header', `Authorization: Bearer ${way.secret}`];
    const all = [main, '--cli', url, '--transport', 'http', ...header, ...args];
    const { stdout } = await promisify(execFile)(process.execPath, all, {
      timeout: CALL_TIMEOUT_MS,
      maxBuffer: 1e7,
    });
    return JSON.parse(stdout);
  }
});

function urlOf(server: Server | undefined): string {
  const address = server?.address() as AddressInfo | null;
  return `http://127.0.0.1:${address?.port}/mcp`;
}

/** Adds the key to each request, and leaves Host and Origin as they are. */
function keyProxy({ gateway, secret }: Way): Promise<Server> {
  const { hostname, port } = new URL(gateway?.url ?? '');
  const server = createServer((incoming, outgoing) => {
    const { method, url: path } = incoming;
    const headers = { ...incoming.headers, authorization: `Bearer ${secret}` };
    const upstream = send({ hostname, port, method, path, headers }, (response) => {
      outgoing.writeHead(response.statusCode ?? 502, response.headers);
      response.pipe(outgoing);
    });
    incoming.pipe(upstream);
  });
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
