import { expect, test } from 'vitest';
import { mcpClient } from '../../support/mcp-client.ts';
import { edgeTarget } from '../target.ts';
import { INSIDE_URL } from './setup.ts';

test('a worker serves tools to assistants as Node does', async () => {
  const target = await edgeTarget(INSIDE_URL);
  const { key } = await target.acme.client();
  const client = mcpClient(INSIDE_URL, key);
  expect((await client.request('tools/list')).tools).toHaveLength(6);
  const { structuredContent } = await client.call('list', { kind: 'images', limit: 1 });
  expect(structuredContent.items).toHaveLength(1);
  const refused = await client.call('show', { kind: 'instances', id: '..' });
  expect(JSON.parse(refused.content[0].text).status).toBe(400);
});
