/**
 * `/mcp`: the routes of the redu dialect as tools of the Model Context Protocol, for AI assistants. A call of a tool is a request
 * of its own through the whole pipeline, with the same key: scopes, limits, idempotency and records are those of every request.
 *
 * @module
 */

import { Hono } from 'hono';
import type { GatewayEnv } from '../context.ts';
import { readJsonObject } from '../http/body.ts';
import { methodNotAllowed } from '../http/method-not-allowed.ts';
import { rpcErrorResponse } from './errors.ts';
import type { OwnRequest } from './message.ts';

export const MCP_PATH = '/mcp';

/** To be mounted behind authentication and the rate limits, which charge a message as a read. */
export function mcp(send: OwnRequest): Hono<GatewayEnv> {
  const router = new Hono<GatewayEnv>({ strict: false });
  router.post(MCP_PATH, async function handleMessage(c) {
    // An object alone: a batch would be many calls in one request.
    const message = await readJsonObject(c);
    // With the protocol's library, which most gateways never need.
    const { respondToMessage } = await import('./message.ts');
    return respondToMessage(c, message, send);
  });
  return methodNotAllowed(router, rpcErrorResponse);
}
