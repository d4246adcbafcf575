import type { Context } from 'hono';
import { ComputeError } from '../compute/errors.ts';
import type { GatewayEnv, Stage } from '../context.ts';
import { parseHost } from './host.ts';
import { splitObjectName } from './object-name.ts';
import { withoutRegion } from './region-path.ts';

/** Path and query in origin form, as the client wrote them, where the runtime still knows. */
export type RequestTarget = (c: Context) => string;

/** The runtime's environment of a request to `target` that the gateway sends itself in place of that of `c`. */
export type OwnEnv = (c: Context, target: string) => unknown;

/** Why the runtime cannot serve a request as it was sent; null: it can. */
export type RequestRejection = (c: Context) => ComputeError | null;

/** A body as it arrives, without being gathered; null when there is none. It can be read once. */
export type RequestBody = (c: Context) => AsyncIterable<Uint8Array> | null;

export interface ParsedTarget {
  /** Of a target in absolute form, which takes the place of Host (RFC 9112, section 3.2.2); null: the target has none. */
  readonly authority: string | null;
  readonly target: string;
}

const DOT_SEGMENT = /(^|\/)(\.|%2e){1,2}(?=[/?#]|$)/i;
/** Printable ASCII without `#`: what else a target holds, a URL parser encodes or removes, and other servers may not. */
const ORIGIN_FORM = /^\/[\x21\x22\x24-\x7e]*$/;
const ABSOLUTE_FORM = /^https?:\/\/([^/?#]*)(.*)$/i;

/**
 * A request target in origin or absolute form. null: it is neither, or has a backslash in its path, a fragment or raw bytes, which
 * parsers read in different ways.
 */
export function parseRequestTarget(text: string): ParsedTarget | null {
  if (text.startsWith('/')) return isOriginForm(text) ? { authority: null, target: text } : null;
  const [, host = '', rest = ''] = ABSOLUTE_FORM.exec(text) ?? [];
  const authority = parseHost(host);
  const target = rest.startsWith('/') ? rest : `/${rest}`;
  return authority !== null && isOriginForm(target) ? { authority, target } : null;
}

function isOriginForm(text: string): boolean {
  if (!ORIGIN_FORM.test(text)) return false;
  const backslash = text.indexOf('\\');
  if (backslash < 0) return true;
  const query = text.indexOf('?');
  return query >= 0 && query < backslash;
}

/** The path of a URL with its escapes as they were written. */
export function pathOf(url: string): string {
  const start = url.indexOf('/', url.indexOf('://') + 3);
  const query = url.indexOf('?', start);
  return query < 0 ? url.slice(start) : url.slice(start, query);
}

/**
 * What the routes of all dialects match, below a region: the path as it was written, so that each fixed segment has one spelling.
 *
 * @param isRegional Whether a path is served for each region.
 */
export function routedPath({ url }: { readonly url: string }, isRegional: (path: string) => boolean): string {
  const whole = pathOf(url);
  const below = withoutRegion(whole);
  const path = below !== whole && isRegional(below) ? below : whole;
  return path.length > 1 && path.endsWith('/') ? path.slice(0, -1) : path;
}

/** The target as a request without a region would have it. */
export function targetWithoutRegion(target: RequestTarget): RequestTarget {
  return (c) => withoutRegion(target(c));
}

export function rejectUnservable(problemOf: RequestRejection): Stage {
  return {
    handle(c, next) {
      const problem = problemOf(c);
      if (problem !== null) throw problem;
      return next();
    },
    check: (c) => problemOf(c) === null,
  };
}

/** The refusal of a Host field that is not `host[:port]`. */
export function invalidHost(): ComputeError {
  return new ComputeError('invalid', 'The Host header must be given once, as host or host:port.');
}

/** The refusal of a target that is no path. */
export function invalidTarget(): ComputeError {
  return new ComputeError(
    'invalid',
    'The request target must be a path of printable ASCII without backslash or fragment; percent-encode other characters.',
  );
}

/** Whether a URL parser would take segments out of this path. */
export function hasDotSegment(path: string): boolean {
  return DOT_SEGMENT.test(path);
}

/**
 * Refuses paths with `.` or `..` in them, encoded or not. A URL parser takes such segments out, and what is left is another
 * path: of `DELETE /v1/security_groups/{id}/rules/..` it would be the group itself. The name of an object may have any.
 */
export function rejectDotSegments(target: RequestTarget): Stage {
  const check = (c: Context<GatewayEnv>) => {
    const written = target(c);
    // Few paths have either of them, and the expression costs more.
    const isSuspect = written.includes('.') || written.includes('%');
    return !isSuspect || !hasDotSegment(splitObjectName(written).container.replace(/[?#].*$/s, ''));
  };
  return {
    handle(c, next) {
      if (!check(c)) throw new ComputeError('not_found', 'Not found: no route matches this path.');
      return next();
    },
    check,
  };
}
