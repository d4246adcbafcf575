/**
 * Microversions of the translated Nova: their range, their negotiation, and what a request may have at each. `minor` is the second
 * number everywhere.
 *
 * @module
 */

import { ComputeError } from '../../../compute/errors.ts';

/** 2.89 shows attachments of volumes by ids that redu does not report. */
const NEWEST = 88;
export const OLDEST = 1;
export const OLDEST_VERSION = `2.${OLDEST}`;
export const NEWEST_VERSION = `2.${NEWEST}`;

/** The first and the last microversion that has something. */
export type Span = readonly [since: number, until?: number];

export function isWithin(minor: number, [since, until = NEWEST]: Span): boolean {
  return minor >= since && minor <= until;
}

/** Nova's older header, and the spelling of a vendor's documentation, as in pass-through. */
const HEADER_NAMES = ['x-openstack-nova-api-version', 'x-openstack-nova-microversion'];
const NOT_ACCEPTABLE = 406;

export function versionHeaders(version: string): Readonly<Record<string, string>> {
  return {
    'OpenStack-API-Version': `compute ${version}`,
    'X-OpenStack-Nova-API-Version': version,
    Vary: 'OpenStack-API-Version, X-OpenStack-Nova-API-Version',
  };
}

/**
 * The request's microversion, or Nova's 406 for one outside of the range.
 *
 * @throws ComputeError `invalid` for a malformed version.
 */
export function negotiate(headers: Headers): number | Response {
  const requested = requestedVersion(headers);
  if (requested === undefined) return OLDEST;
  if (requested === 'latest') return NEWEST;
  const [, major, minor] = /^([1-9]\d*)\.([1-9]\d*|0)$/.exec(requested) ?? [];
  if (minor === undefined) {
    const form = 'is of invalid format. Must be of format MajorNum.MinorNum.';
    throw new ComputeError('invalid', `API Version String ${requested} ${form}`);
  }
  if (major === '2' && isWithin(Number(minor), [OLDEST])) return Number(minor);
  const range = `Minimum is ${OLDEST_VERSION} and maximum is ${NEWEST_VERSION}.`;
  const message = `Version ${requested} is not supported by the API. ${range}`;
  return Response.json(
    { computeFault: { code: NOT_ACCEPTABLE, message } },
    { status: NOT_ACCEPTABLE, headers: versionHeaders(requested) },
  );
}

/** A microversion of another service is ignored. */
function requestedVersion(headers: Headers): string | undefined {
  for (const item of (headers.get('openstack-api-version') ?? '').split(',')) {
    const [service, version] = item.trim().split(/\s+/);
    if (service?.toLowerCase() === 'compute' && version) return version;
  }
  return HEADER_NAMES.map((name) => headers.get(name)?.trim()).find(Boolean);
}

/**
 * Refuses members of a body that its microversion does not have. A member without a span is in all.
 *
 * @param where Their place in the body, such as `server`.
 * @throws ComputeError `invalid`.
 */
export function assertMembers(
  given: object,
  spans: Readonly<Record<string, Span>>,
  minor: number,
  where: string,
): void {
  for (const [member, value] of Object.entries(given)) {
    const span = Object.hasOwn(spans, member) ? spans[member] : undefined;
    if (value === undefined || span === undefined || isWithin(minor, span)) continue;
    throw ComputeError.field(`${where}.${member}`, outside(span, minor));
  }
}

function outside([since, until]: Span, minor: number): string {
  return minor < since ? `needs microversion 2.${since}` : `is not accepted after microversion 2.${until}`;
}
