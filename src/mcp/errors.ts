/** Errors of requests that reach no tool: the status of redu's table, in the envelope of JSON-RPC. */

import type { Context } from 'hono';
import type { GatewayEnv } from '../context.ts';
import { reduError } from '../dialects/redu/errors.ts';
import { jsonText } from '../http/json.ts';

const INVALID_REQUEST = -32_600;
/** The first of those that JSON-RPC leaves to servers. */
const SERVER_ERROR = -32_000;

export function rpcErrorResponse(thrown: unknown, c: Context<GatewayEnv>): Response {
  const { status, headers, error } = reduError(thrown, c.var.requestId, c.var.log);
  const { message, ...data } = error;
  const code = status === 400 ? INVALID_REQUEST : SERVER_ERROR;
  return new Response(jsonText({ jsonrpc: '2.0', id: null, error: { code, message, data } }), {
    status,
    headers,
  });
}
