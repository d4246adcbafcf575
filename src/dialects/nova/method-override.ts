/**
 * Rejects method overrides. Nova, Cinder, Glance and Neutron's extensions run Routes, which obeys `_method` in queries and
 * form bodies; scopes, costs and caches go by the request line.
 */

import type { Context } from 'hono';
import { ComputeError } from '../../compute/errors.ts';
import type { GatewayEnv, Stage } from '../../context.ts';
import type { RequestTarget } from '../../http/request-target.ts';
import { serviceOfPath } from './services.ts';

/** WebOb splits queries at both. */
const SEPARATORS = /[&;]/;
const FORM = /x-www-form-urlencoded|multipart\//i;
const READS: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS']);

/** @throws ComputeError `invalid` for `_method` in any spelling, with any method; `unsupported_media_type` for forms. */
export function rejectMethodOverride(target: RequestTarget): Stage {
  const check = (c: Context<GatewayEnv>) => {
    const requestTarget = target(c);
    const query = requestTarget.indexOf('?');
    return query < 0 || !overridesMethod(requestTarget.slice(query + 1)) || isObjectStorage(requestTarget);
  };
  return {
    handle(c, next) {
      if (!check(c)) {
        throw new ComputeError(
          'invalid',
          '_method: is not supported; the method of the request line counts.',
        );
      }
      const { method } = c.req;
      if (!READS.has(method) && FORM.test(c.req.header('content-type') ?? '') && rejectsForms(target(c))) {
        throw new ComputeError(
          'unsupported_media_type',
          'Send the body as JSON: forms are not accepted here.',
        );
      }
      return next();
    },
    check,
  };
}

/** Whether any service might parse a parameter of the query as `_method`. */
export function overridesMethod(query: string): boolean {
  // Fast path: most queries cannot contain it in any spelling.
  if (!query.includes('%') && !/_method/i.test(query)) return false;
  return query.split(SEPARATORS).some((pair) => {
    const [name = ''] = pair.split('=', 1);
    return /^[^a-z0-9_]*_method[^a-z0-9_]*$/i.test(decodedLeniently(name));
  });
}

/** Every service but Keystone, which has its own rules for a sign-in's body, and object storage. */
function rejectsForms(target: string): boolean {
  const part = serviceOfTarget(target);
  return part !== null && part !== 'identity' && part !== 'object-store';
}

/** Takes forms and parameters of any name as data, and no method from either. */
function isObjectStorage(target: string): boolean {
  return serviceOfTarget(target) === 'object-store';
}

function serviceOfTarget(target: string): ReturnType<typeof serviceOfPath> {
  return serviceOfPath(target.replace(/[?#].*$/s, ''));
}

/** Decodes each byte to one character: some parsers drop all but ASCII. */
function decodedLeniently(name: string): string {
  return name.replace(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
}
