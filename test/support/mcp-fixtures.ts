/** The server that the protocol's conformance suite asks for, by the transport of `/mcp`: its scenarios call tools of these names. */

import { createServer, type Server as HttpServer } from 'node:http';
import { getRequestListener } from '@hono/node-server';
import { Server } from '@modelcontextprotocol/server';
import { respond } from '../../src/mcp/protocol.ts';

/** One pixel, and no sound. */
const IMAGE = {
  type: 'image' as const,
  data: 'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==',
  mimeType: 'image/png',
};
const AUDIO = {
  type: 'audio' as const,
  data: 'UklGRiQAAABXQVZFZm10IBAAAAABAAEARKwAAIhYAQACABAAZGF0YQAAAAA=',
  mimeType: 'audio/wav',
};
const text = (words: string) => ({ type: 'text' as const, text: words });
const resource = (uri: string, mimeType: string, words: string) => ({
  type: 'resource' as const,
  resource: { uri, mimeType, text: words },
});

type Result = {
  content: (ReturnType<typeof text | typeof resource> | typeof IMAGE | typeof AUDIO)[];
  isError?: true;
};

const RESULTS: Readonly<Record<string, Result>> = {
  test_simple_text: { content: [text('This is a simple text response for testing.')] },
  test_image_content: { content: [IMAGE] },
  test_audio_content: { content: [AUDIO] },
  test_embedded_resource: {
    content: [resource('test://embedded-resource', 'text/plain', 'This is an embedded resource content.')],
  },
  test_multiple_content_types: {
    content: [
      text('Multiple content types test:'),
      IMAGE,
      resource('test://mixed-content-resource', 'application/json', '{"test":"data","value":123}'),
    ],
  },
  test_error_handling: {
    content: [text('This tool intentionally returns an error for testing')],
    isError: true,
  },
  test_tool_with_progress: { content: [text('done')] },
  json_schema_2020_12_tool: { content: [text('done')] },
};

const SCHEMAS: Readonly<Record<string, { readonly type: 'object' }>> = {
  json_schema_2020_12_tool: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    $defs: {
      address: { type: 'object', properties: { street: { type: 'string' }, city: { type: 'string' } } },
    },
    properties: { name: { type: 'string' }, address: { $ref: '#/$defs/address' } },
    additionalProperties: false,
  } as { type: 'object' },
};

function fixtures(): Server {
  const server = new Server({ name: 'fixtures', version: '1' }, { capabilities: { tools: {} } });
  server.setRequestHandler('tools/list', () => ({
    tools: Object.keys(RESULTS).map((name) => ({
      name,
      description: `Fixture ${name}`,
      inputSchema: SCHEMAS[name] ?? { type: 'object' },
    })),
  }));
  server.setRequestHandler('tools/call', async ({ params }, { mcpReq }) => {
    const progressToken = params._meta?.progressToken;
    if (progressToken !== undefined) {
      for (const progress of [0, 50, 100])
        await mcpReq.notify({
          method: 'notifications/progress',
          params: { progressToken, progress, total: 100 },
        });
    }
    const result = RESULTS[params.name];
    if (result === undefined) throw new Error(`no fixture ${params.name}`);
    return result;
  });
  return server;
}

/** Resolves when it listens, on a free port of the loopback. */
export function startFixtures(): Promise<HttpServer> {
  const server = createServer(
    getRequestListener(async (request) => {
      if (request.method !== 'POST') return new Response(null, { status: 405 });
      return respond(request, (await request.json()) as object, fixtures);
    }),
  );
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
