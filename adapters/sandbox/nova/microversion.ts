/** @module Negotiation of the microversion: two request headers, two response headers. */

import { badRequest, novaFault } from './faults.ts';

/** Nova's oldest and newest microversion, by their second numbers. */
export interface Minors {
  readonly oldest: number;
  readonly newest: number;
}

/** Those of OpenStack 2026.2. */
export const MINORS: Minors = { oldest: 1, newest: 104 };

/**
 * The second number of the requested microversion; the oldest when the request names none. `OpenStack-API-Version` wins over the
 * legacy header; one for another service is as good as none.
 * @throws Fault 400 for what is no version, 406 (with the requested version in the response headers) out of range
 */
export function negotiate({ oldest, newest }: Minors, headers: Headers): number {
  const requested = requestedVersion(headers);
  if (requested === undefined) return oldest;
  if (requested === 'latest') return newest;
  const [, major, minor] = /^([1-9]\d*)\.([1-9]\d*|0)$/.exec(requested) ?? [];
  if (major === undefined || minor === undefined) {
    throw badRequest(
      `API Version String ${requested} is of invalid format. Must be of format MajorNum.MinorNum.`,
    );
  }
  if (major !== '2' || Number(minor) < oldest || Number(minor) > newest) {
    const range = `Minimum is 2.${oldest} and maximum is 2.${newest}.`;
    const fault = novaFault(406, `Version ${requested} is not supported by the API. ${range}`);
    Object.assign(fault.headers, versionHeaders(requested));
    throw fault;
  }
  return Number(minor);
}

function requestedVersion(headers: Headers): string | undefined {
  const modern = headers.get('OpenStack-API-Version') ?? '';
  for (const item of modern.split(',')) {
    const [service, version] = item.trim().split(/\s+/);
    if (service?.toLowerCase() === 'compute' && version) return version;
  }
  return headers.get('X-OpenStack-Nova-API-Version')?.trim() || undefined;
}

/** The headers of every routed response. */
export function versionHeaders(version: string): Record<string, string> {
  return {
    'OpenStack-API-Version': `compute ${version}`,
    'X-OpenStack-Nova-API-Version': version,
    Vary: 'OpenStack-API-Version, X-OpenStack-Nova-API-Version',
  };
}
