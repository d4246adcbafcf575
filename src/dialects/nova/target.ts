import { ComputeError } from '../../compute/errors.ts';
import { isFurtherService } from '../../further-services.ts';
import { SERVICE_ENDPOINTS, type ServiceName, serviceOfPath } from './services.ts';

export interface Target {
  readonly service: ServiceName;
  /** Path below the service's root, with the query, as forwarded. */
  readonly path: string;
  /** The segments after the version, decoded once. */
  readonly segments: readonly string[];
  /** Split at `;` as well, as the services do. */
  readonly query: URLSearchParams;
}

/** Of the identity service, whose paths are matched by their decoded segments alone. */
export type IdentityTarget = Pick<Target, 'path' | 'segments'>;

/** RFC 3986 without `;`, at which some servers split segments. */
const SEGMENT = /^(?:[A-Za-z0-9\-._~!$&'()*+,=:@]|%[0-9A-Fa-f]{2})+$/;
const QUERY = /^[\x21-\x7e]*$/;
/** Not allowed in decoded segments: another server may decode again, or treat a backslash as a slash. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: rejects them
const FORBIDDEN = /[\x00-\x1f\x7f/\\;?#]|%(?:2e|2f|5c|3b|25|00)/i;
/** For a tag, the last segment, in which the services allow all characters but a slash. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: rejects them
const FORBIDDEN_IN_TAG = /[\x00-\x1f\x7f/]|%(?:2e|2f|5c|3b|25|00)/i;
const DOTS = /^\.{1,2}$/;
/** What clients send for the quotas of no project; the services take both slashes for one. */
const QUOTAS_OF_NONE = /^((?:\/[^/]+)?\/os-quota-sets)\/(?=\/(?:defaults|detail)\/?$)/;

/**
 * Accepts only targets that all servers parse alike: no absolute form, no empty, dotted or doubly encoded segment, no encoded
 * slash, and no version that is not passed through.
 *
 * @param target As received, before any URL parser.
 * @throws ComputeError `not_found`.
 */
export function parseTarget(target: string): Target {
  const { part, path, segments, search } = parse(target);
  if (part === 'identity') throw notFound();
  return { service: part, path, segments, query: new URLSearchParams(search.replaceAll(';', '&')) };
}

/** As `parseTarget`, of the identity service. */
export function parseIdentityTarget(target: string): IdentityTarget {
  const { path, segments } = parse(target);
  return { path, segments };
}

function parse(target: string) {
  const [, path = '', search = ''] = /^([^?#]*)(?:\?([^#]*))?$/.exec(target) ?? [];
  const part = serviceOfPath(path);
  if (part === null || isFurtherService(part) || !QUERY.test(search)) throw notFound();
  const { prefix, versions } = SERVICE_ENDPOINTS[part];
  const below = path.slice(prefix.length);
  const [, version = '', rest = ''] = /^\/([^/]+)(\/.*)?$/.exec(below) ?? [];
  if (!versions.includes(version)) throw notFound();
  const endsInSlash = rest.endsWith('/');
  const raw = rest.replace(QUOTAS_OF_NONE, '$1').slice(1, endsInSlash ? -1 : undefined);
  const segments = rest === '' || rest === '/' ? [] : raw.split('/').map(decodedSegment);
  return { part, path: search === '' ? below : `${below}?${search}`, segments, search };
}

export function decodedSegment(segment: string, index: number, all: readonly string[]): string {
  const isTag = index === all.length - 1 && all[index - 1] === 'tags';
  if (!SEGMENT.test(segment)) throw notFound();
  let decoded: string;
  try {
    decoded = decodeURIComponent(segment);
  } catch {
    throw notFound();
  }
  if ((isTag ? FORBIDDEN_IN_TAG : FORBIDDEN).test(decoded) || DOTS.test(decoded)) throw notFound();
  return decoded;
}

export function notFound(): ComputeError {
  return new ComputeError('not_found', 'The resource could not be found.');
}
