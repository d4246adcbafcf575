/**
 * The only file that imports the protocol's library, a development dependency that `npm run build` bundles into it. It imports no
 * other module of the gateway at run time.
 *
 * @module
 */

import {
  createMcpHandler,
  isLegacyRequest,
  ProtocolError,
  ProtocolErrorCode,
  Server,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import type { ToolResult } from './result.ts';
import type { ToolDefinition } from './tools.ts';

export interface Toolbox {
  readonly name: string;
  readonly version: string;
  readonly instructions: string;
  readonly tools: readonly ToolDefinition[];
  /** Never rejects; null: there is no such tool. */
  readonly call: (name: string, given: unknown) => Promise<ToolResult | null>;
}

/** A server of tools alone, for one message. */
export function toolServer({ name, version, instructions, tools, call }: Toolbox): Server {
  const server = new Server(
    { name, version },
    { capabilities: { tools: {} }, instructions, jsonSchemaValidator: { getValidator: noElicitation } },
  );
  server.setRequestHandler('tools/list', () => ({ tools: [...tools] }));
  server.setRequestHandler('tools/call', async ({ params }) => {
    const result = await call(params.name, params.arguments ?? {});
    if (result !== null) return { ...result };
    const names = tools.map((tool) => tool.name).join(', ');
    throw new ProtocolError(ProtocolErrorCode.InvalidParams, `Unknown tool: use one of ${names}.`);
  });
  return server;
}

/**
 * Streamable HTTP without sessions: each message is served by a server of its own, in the revision of the protocol that the client
 * speaks. The response is JSON, or a stream of events for a client that asks for progress.
 */
export async function respond(request: Request, message: object, newServer: () => Server): Promise<Response> {
  if (!(await isLegacyRequest(request, message))) {
    const handler = createMcpHandler(newServer, { legacy: 'reject', maxSubscriptions: 0 });
    return handler.fetch(request, { parsedBody: message });
  }
  const transport = new WebStandardStreamableHTTPServerTransport({
    enableJsonResponse: !wantsProgress(message),
  });
  await newServer().connect(transport);
  return transport.handleRequest(request, { parsedBody: message });
}

function wantsProgress(message: {
  readonly params?: { readonly _meta?: { readonly progressToken?: unknown } };
}): boolean {
  return message.params?._meta?.progressToken !== undefined;
}

function noElicitation(): never {
  throw new Error('no tool asks the user for input');
}
