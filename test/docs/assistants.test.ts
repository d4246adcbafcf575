import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { mcpClient } from '../support/mcp-client.ts';
import { type RegionalGateway, regionalGateway } from '../support/regional-gateway.ts';
import { code, fenced, read, rows } from './pages.ts';

const PAGE = read('docs/tools/assistants.md');

let gateway: RegionalGateway;
beforeAll(async () => {
  gateway = await regionalGateway();
});
afterAll(() => gateway.stop());

test('the request of the page works as printed', async () => {
  const [command = ''] = fenced(PAGE, 'sh').filter((block) => block.startsWith('curl '));
  const env = { PATH: process.env.PATH ?? '', URL: gateway.url, KEY: gateway.key };
  const { stdout } = await promisify(execFile)('sh', ['-ec', command.replace('curl', 'curl -sSf')], { env });
  const { result } = JSON.parse(stdout);
  expect(result.structuredContent.items[0]).toMatchObject({ name: 'web-production-01' });
});

test('the configuration of the page is JSON with the address and the header of the server', () => {
  const [configuration = ''] = fenced(PAGE, 'json');
  expect(JSON.parse(configuration).servers.cloud).toEqual({
    type: 'http',
    url: expect.stringMatching(/\/mcp$/),
    headers: { Authorization: expect.stringMatching(/^Bearer ln_/) },
  });
});

test('the table of the page has all tools', async () => {
  const { tools } = await mcpClient(gateway.url, gateway.key).request('tools/list');
  const named = rows(PAGE).map(([tool]) => code(tool));
  expect(named).toEqual(tools.map(({ name }: { name: string }) => name));
});
