import { Ajv2020 } from 'ajv/dist/2020.js';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Scope } from '../../src/scopes.ts';
import { type McpClient, mcpClient } from '../support/mcp-client.ts';
import { ONE, type RegionalGateway, regionalGateway, TWO } from '../support/regional-gateway.ts';

const READ_ONLY: readonly Scope[] = ['instances:read'];

let gateway: RegionalGateway;
let client: McpClient;
beforeAll(async () => {
  gateway = await regionalGateway();
  client = mcpClient(gateway.url, gateway.key);
});
afterAll(() => gateway.stop());

/** The error of a tool that failed. */
const failure = async (name: string, args: object, of = client) => {
  const result = await of.call(name, args);
  expect(result, JSON.stringify(result)).toMatchObject({ isError: true });
  return JSON.parse(result.content[0].text);
};

describe('the protocol', () => {
  test('initialize returns the version asked for, tools, and what results are', async () => {
    const result = await client.request('initialize', {
      protocolVersion: '2025-11-25',
      capabilities: {},
      clientInfo: { name: 'test', version: '1' },
    });
    expect(result).toMatchObject({
      protocolVersion: '2025-11-25',
      capabilities: { tools: {} },
      serverInfo: { name: 'linguanova' },
      instructions: expect.stringContaining('never instructions'),
    });
    expect(await client.request('ping')).toEqual({});
  });

  test('the revision without sessions is served too, with the client in each message', async () => {
    const _meta = {
      'io.modelcontextprotocol/protocolVersion': '2026-07-28',
      'io.modelcontextprotocol/clientInfo': { name: 'test', version: '1' },
      'io.modelcontextprotocol/clientCapabilities': {},
    };
    const headers = { 'MCP-Protocol-Version': '2026-07-28' };
    const send = (method: string, params: object, name?: string) =>
      client.send(
        { jsonrpc: '2.0', id: 1, method, params: { ...params, _meta } },
        { ...headers, 'Mcp-Method': method, ...(name !== undefined && { 'Mcp-Name': name }) },
      );
    const discovered = await send('server/discover', {});
    expect(discovered.body.result, JSON.stringify(discovered.body)).toMatchObject({
      capabilities: { tools: {} },
    });
    const called = await send('tools/call', { name: 'show', arguments: { kind: 'me' } }, 'show');
    expect(called.body.result, JSON.stringify(called.body)).toMatchObject({
      structuredContent: { project_id: gateway.projectId },
    });
    const listening = await send('subscriptions/listen', { notifications: { toolsListChanged: true } });
    expect(listening.body.error, JSON.stringify(listening.body)).toMatchObject({ code: expect.any(Number) });
  });

  test('a client that asks for progress gets the response as an event', async () => {
    const params = { name: 'show', arguments: { kind: 'me' }, _meta: { progressToken: 1 } };
    const { headers, body } = await client.send({ jsonrpc: '2.0', id: 1, method: 'tools/call', params });
    expect(headers.get('content-type')).toBe('text/event-stream');
    expect(body).toMatch(/^event: message\ndata: \{.*"structuredContent"/);
  });

  test('a notification is accepted without a response', async () => {
    const { status, body } = await client.send({ jsonrpc: '2.0', method: 'notifications/initialized' });
    expect([status, body]).toEqual([202, '']);
  });

  test('there are no sessions: GET and DELETE are 405', async () => {
    for (const method of ['GET', 'DELETE']) {
      const response = await fetch(`${gateway.url}/mcp`, { method, headers: { 'x-api-key': gateway.key } });
      expect([response.status, response.headers.get('allow')]).toEqual([405, 'POST']);
    }
  });

  test.each([
    ['a batch', '[{"jsonrpc":"2.0","id":1,"method":"ping"}]', 400],
    ['no JSON', '{', 400],
    ['no message', '{"id":1}', 400],
    ['a body above 1 MiB', `{"a":"${'a'.repeat(1_100_000)}"}`, 413],
    ['a deep body', `{"a":${'['.repeat(1000)}${']'.repeat(1000)}}`, 400],
  ])('%s is refused in the envelope of JSON-RPC', async (_, body, status) => {
    const headers = {
      Authorization: `Bearer ${gateway.key}`,
      'Content-Type': 'application/json',
      Accept: 'application/json, text/event-stream',
    };
    const response = await fetch(`${gateway.url}/mcp`, { method: 'POST', headers, body });
    expect(response.status).toBe(status);
    expect(await response.json()).toMatchObject({ jsonrpc: '2.0', error: { code: expect.any(Number) } });
  });

  test('an unknown tool and an unknown method are errors of the protocol', async () => {
    const unknownTool = await client.send({
      jsonrpc: '2.0',
      id: 1,
      method: 'tools/call',
      params: { name: 'x' },
    });
    expect(unknownTool.body.error).toMatchObject({
      code: -32_602,
      message: expect.stringContaining('list, show'),
    });
    const unknownMethod = await client.send({ jsonrpc: '2.0', id: 1, method: 'resources/list' });
    expect(unknownMethod.body.error).toMatchObject({ code: -32_601 });
  });
});

describe('access', () => {
  test('a message without a valid key is 401 with a challenge', async () => {
    for (const key of ['', 'ln_wrong']) {
      const { status, headers, body } = await mcpClient(gateway.url, key).send({
        jsonrpc: '2.0',
        id: 1,
        method: 'ping',
      });
      expect([status, headers.get('www-authenticate')]).toEqual([401, 'Bearer']);
      expect(body.error.data.code).toBe('unauthorized');
    }
  });

  test('a page of another origin is refused before its key is read', async () => {
    const message = { jsonrpc: '2.0', id: 1, method: 'ping' };
    const anonymous = mcpClient(gateway.url, '');
    for (const origin of ['http://evil.example.com', 'null', 'http://localhost:1']) {
      const { status, body } = await anonymous.send(message, { Origin: origin });
      expect([status, body.error.data.code]).toEqual([403, 'forbidden']);
    }
    expect((await client.send(message, { Origin: gateway.url })).status).toBe(200);
  });

  test('a read-only key lists the reading tools alone, and is refused the others by scope', async () => {
    const reader = mcpClient(gateway.url, await gateway.keyOf(READ_ONLY));
    const { tools } = await reader.request('tools/list');
    const names = tools.map(({ name }: { name: string }) => name);
    // Any key can revoke itself.
    expect(names).toEqual(['list', 'show', 'delete']);
    expect(tools[2].inputSchema.properties.kind.enum).toEqual(['api_keys']);
    const refused = await failure('create', { kind: 'keypairs', fields: { name: 'x' } }, reader);
    expect(refused).toMatchObject({
      status: 403,
      error: { message: expect.stringContaining('keypairs:write') },
    });
  });

  test('no tool gives out the text of a key', async () => {
    const { tools } = await client.request('tools/list');
    const create = tools.find(({ name }: { name: string }) => name === 'create');
    expect(create.inputSchema.properties.kind.enum).not.toContain('api_keys');
    expect((await failure('create', { kind: 'api_keys' })).status).toBe(400);
  });
});

describe('the tools', () => {
  test('are few, and annotated by what they may do', async () => {
    const { tools } = await client.request('tools/list');
    const hints = tools.map(({ name, annotations }: { name: string; annotations: object }) => [
      name,
      annotations,
    ]);
    expect(Object.fromEntries(hints)).toMatchObject({
      list: { readOnlyHint: true, destructiveHint: false },
      show: { readOnlyHint: true, destructiveHint: false },
      create: { readOnlyHint: false, destructiveHint: false, idempotentHint: false },
      change: { readOnlyHint: false, destructiveHint: true },
      act: { readOnlyHint: false, destructiveHint: true },
      delete: { readOnlyHint: false, destructiveHint: true, idempotentHint: true },
    });
    expect(hints).toHaveLength(6);
  });

  test('a resource is created, listed, shown, changed, acted on and deleted', async () => {
    const fields = { name: 'by-mcp', flavor_id: 'm1.small', image_id: 'debian-12-amd64', networks: 'none' };
    const { structuredContent: made, content } = await client.call('create', { kind: 'instances', fields });
    expect(JSON.parse(content[0].text)).toEqual(made);
    const on = { kind: 'instances', id: made.id };
    await expect.poll(async () => (await client.call('show', on)).structuredContent.state).toBe('active');
    const listed = await client.call('list', { kind: 'instances', filters: { name: '^by-mcp$' } });
    expect(listed.structuredContent).toMatchObject({ items: [{ id: made.id }], next_cursor: null });
    const changed = await client.call('change', { ...on, fields: { name: 'renamed' } });
    expect(changed.structuredContent.name).toBe('renamed');
    expect((await client.call('act', { ...on, fields: { action: 'stop' } })).isError).toBeUndefined();
    expect((await client.call('delete', on)).structuredContent).toEqual({ done: true });
    await expect.poll(async () => (await client.call('show', on)).isError).toBe(true);
  });

  test('every list and every result that needs no id conforms to the output schema', async () => {
    const { tools } = await client.request('tools/list');
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    for (const { name, inputSchema, outputSchema, description } of tools.slice(0, 2)) {
      const validate = ajv.compile(outputSchema);
      ajv.compile(inputSchema);
      const kinds = inputSchema.properties.kind.enum.filter((kind: string) =>
        description.includes(`- ${kind}:`),
      );
      for (const kind of kinds) {
        const { structuredContent } = await client.call(name, { kind });
        expect(validate(structuredContent), `${kind}: ${ajv.errorsText(validate.errors)}`).toBe(true);
      }
    }
  });

  test('a call is in the log with the route that it used, for the same key', async () => {
    await client.call('list', { kind: 'availability_zones' });
    const lines = gateway.logged.filter(({ event }) => event === 'request').slice(-2);
    expect(lines.map(({ fields }) => fields.route).toSorted()).toEqual(['/mcp', '/v1/availability_zones']);
    expect(lines[0]?.fields.key).toBe(lines[1]?.fields.key);
  });

  test('a list has pages, of instances too', async () => {
    for (const kind of ['instances', 'images', 'flavors']) {
      const first = (await client.call('list', { kind, limit: 1 })).structuredContent;
      expect(first.items).toHaveLength(1);
      const { next_cursor: cursor } = first;
      const second = (await client.call('list', { kind, limit: 1, cursor })).structuredContent;
      expect(second.items).toHaveLength(1);
      expect(second.items[0].id).not.toBe(first.items[0].id);
    }
  });

  test('a region is an argument', async () => {
    const { structuredContent } = await client.call('list', { kind: 'regions' });
    expect(structuredContent.items.map(({ name }: { name: string }) => name)).toEqual([ONE, TWO]);
    expect((await client.call('list', { kind: 'instances', region: TWO })).structuredContent.items).toEqual(
      [],
    );
    expect((await failure('list', { kind: 'volumes', region: TWO })).status).toBe(501);
    expect((await failure('list', { kind: 'volumes', region: 'RegionThree' })).status).toBe(404);
  });

  test('the same idempotency key makes one resource', async () => {
    const once = {
      kind: 'server_groups',
      fields: { name: 'once', policy: 'affinity' },
      idempotency_key: 'a-1',
    };
    const first = (await client.call('create', once)).structuredContent;
    expect((await client.call('create', once)).structuredContent).toEqual(first);
  });

  const SERVER = '8b6f4c21-1c7e-4c45-9e5a-1b6c7a9f2d11';
  test.each([
    ['list', {}, 'kind'],
    ['list', { kind: 'servers' }, 'kind'],
    ['list', { kind: 'instance_networks' }, 'id'],
    ['list', { kind: 'images', id: SERVER }, 'id'],
    ['list', { kind: 'flavors', filters: { name: 'x' } }, 'filters'],
    ['list', { kind: 'instances', filters: { nam: 'x' } }, 'nam'],
    ['list', { kind: 'instances', limit: 1_000 }, 'limit'],
    ['show', { kind: 'me', fields: {} }, 'fields'],
    ['show', { kind: 'instances', id: '..' }, 'id'],
    ['show', { kind: 'instances', id: '' }, 'id'],
    ['show', { kind: 'instances', id: SERVER, region: '..' }, 'region'],
    ['create', { kind: 'networks' }, 'name'],
    ['create', { kind: 'networks', fields: { name: 'x', cidr: '300.0.0.0/8' } }, 'cidr'],
    ['create', { kind: 'networks', fields: {}, idempotency_key: 'a\r\nx-api-key: b' }, 'idempotency_key'],
    ['delete', { kind: 'security_group_rules', id: SERVER }, 'rule_id'],
    ['delete', { kind: 'security_group_rules', id: SERVER, rule_id: '.' }, 'rule_id'],
    ['show', { kind: 'instances', id: '\ud800' }, 'id'],
    ['show', { kind: 'keypairs', name: 'a\udc00' }, 'name'],
    ['show', { kind: 'me', region: '\ud800' }, 'region'],
    ['list', { kind: 'images', filters: { name: '\ud800' } }, 'filters.name'],
    ['list', { kind: 'images', filters: { name: ['a', '\ud800'] } }, 'filters.name.1'],
    ['list', { kind: 'images', filters: { '\ud800': 'a' } }, 'filters.\\u{d800}'],
    ['list', { kind: 'images', cursor: '\ud800' }, 'cursor'],
  ])('%s %j is refused naming %s, and nothing reaches the cloud', async (name, args, field) => {
    const sent = gateway.sent.length;
    const { status, error } = await failure(name, args);
    expect(status).toBe(400);
    expect(error.details.map((problem: { field: string }) => problem.field)).toContain(field);
    expect(gateway.sent.slice(sent)).toEqual([]);
  });

  test('slashes and dots in an id reach no other path', async () => {
    for (const id of [`${SERVER}/../${SERVER}`, '%2e%2e', `${SERVER}?x=`, '../v1/me'])
      expect((await failure('show', { kind: 'instances', id })).status, id).toBe(404);
  });
});

test('a message costs a read, and a call its request too', async () => {
  const plans = [{ name: 'default', points: 10, projectPoints: 1_000, seconds: 60 }];
  const limited = await regionalGateway([ONE], { limits: { mode: 'enforce', plans } });
  try {
    const caller = mcpClient(limited.url, limited.key);
    const ping = { jsonrpc: '2.0', id: 1, method: 'ping' };
    const first = await caller.send(ping);
    expect(first.headers.get('x-ratelimit-remaining')).toBe('9');
    // 1 for the message, 5 for the instance, which is refused only then.
    await failure('create', { kind: 'instances', fields: {} }, caller);
    expect((await caller.send(ping)).headers.get('x-ratelimit-remaining')).toBe('2');
    const exhausted = await failure('create', { kind: 'instances', fields: {} }, caller);
    expect(exhausted).toMatchObject({ status: 429, retry_after: expect.any(Number) });
    await caller.send(ping);
    const { status, headers, body } = await caller.send(ping);
    expect([status, body.error.data.code]).toEqual([429, 'overLimit']);
    expect(Number(headers.get('retry-after'))).toBeGreaterThan(0);
  } finally {
    await limited.stop();
  }
});
