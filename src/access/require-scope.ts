import type { MiddlewareHandler } from 'hono';
import { ComputeError } from '../compute/errors.ts';
import type { GatewayEnv } from '../context.ts';
import { hasScope, type Scope } from '../scopes.ts';
import type { Principal } from './principal.ts';

/** @throws ComputeError `forbidden`, naming the scope. */
export function assertScope(principal: Principal, scope: Scope): void {
  if (!hasScope(principal.scopes, scope)) {
    throw new ComputeError('forbidden', `This API key lacks the scope "${scope}".`);
  }
}

export function requireScope(scope: Scope): MiddlewareHandler<GatewayEnv> {
  return function handleScope(c, next) {
    assertScope(c.get('principal'), scope);
    return next();
  };
}
