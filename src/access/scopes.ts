/**
 * What a key may do. A key holds a set of scopes; a route asks for one.
 *
 * @module
 */

import type { MiddlewareHandler } from 'hono';
import { ComputeError } from '../compute/errors.ts';
import type { GatewayEnv } from '../context.ts';
import type { Principal } from './principal.ts';

export const SCOPES = [
  'instances:read',
  'instances:write',
  'network:write',
  'keypairs:write',
  'admin',
] as const;
export type Scope = (typeof SCOPES)[number];

/** What a key gets when its issuer names nothing: everything but `admin`. */
export const DEFAULT_SCOPES: readonly Scope[] = SCOPES.filter((scope) => scope !== 'admin');

/** @throws ComputeError `forbidden`, naming the scope. */
export function assertScope(principal: Principal, scope: Scope): void {
  if (!principal.scopes.includes(scope)) {
    throw new ComputeError('forbidden', `This API key lacks the scope "${scope}".`);
  }
}

/** Lets only keys with `scope` through; others get `forbidden`, which names the scope. */
export function requireScope(scope: Scope): MiddlewareHandler<GatewayEnv> {
  return function handleScope(c, next) {
    assertScope(c.get('principal'), scope);
    return next();
  };
}
