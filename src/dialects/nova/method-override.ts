/**
 * Requests that name their operation in two places.
 *
 * Nova, Cinder, Glance and Neutron's extensions run Routes, which obeys `_method` in the query and in the body of a form
 * whatever the request line says. Scopes, costs and caches go by the request line, so nothing else may name an operation.
 *
 * @module
 */

import type { MiddlewareHandler } from 'hono';
import { ComputeError } from '../../compute/errors.ts';
import type { GatewayEnv } from '../../context.ts';
import type { RequestTarget } from '../../http/request-target.ts';
import { serviceOfPath } from './services.ts';

/** WebOb splits a query at both. */
const SEPARATORS = /[&;]/;
const FORM = /x-www-form-urlencoded|multipart\//i;
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/**
 * Refuses `_method` in any spelling, for every method, and forms.
 *
 * @throws ComputeError `invalid`, `unsupported_media_type`.
 */
export function rejectMethodOverride(target: RequestTarget): MiddlewareHandler<GatewayEnv> {
  return function methodOverrideRefused(c, next) {
    const written = target(c);
    const query = written.indexOf('?');
    if (query >= 0 && overridesMethod(written.slice(query + 1))) {
      throw new ComputeError(
        'invalid',
        '_method: leave it out; the method of the request line is the one that counts.',
      );
    }
    const { method } = c.req;
    if (!READS.has(method) && FORM.test(c.req.header('content-type') ?? '') && rejectsForms(written)) {
      throw new ComputeError('unsupported_media_type', 'Send the body as JSON: forms are not accepted here.');
    }
    return next();
  };
}

/** Whether a parameter of the query is, or might be read as, `_method`. */
export function overridesMethod(query: string): boolean {
  // Most queries can hold it in no spelling, and reading a query costs more than this.
  if (!query.includes('%') && !/_method/i.test(query)) return false;
  return query.split(SEPARATORS).some((pair) => {
    const [name = ''] = pair.split('=', 1);
    return /^[^a-z0-9_]*_method[^a-z0-9_]*$/i.test(decodedLeniently(name));
  });
}

/** Keystone has its own rules for the body of a sign-in. */
function rejectsForms(target: string): boolean {
  const part = serviceOfPath(target.replace(/[?#].*$/s, ''));
  return part !== null && part !== 'identity';
}

/** One byte is one character: whatever is no ASCII is left out by some readers. */
function decodedLeniently(name: string): string {
  return name.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
