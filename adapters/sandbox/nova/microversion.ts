/** @module Negotiation of the microversion: two request headers, two answer headers. */

import { badRequest, novaFault } from './faults.ts';

/** The newest microversion, that of OpenStack Zed; the oldest is 2.1. */
export const NEWEST_MINOR = 93;

/**
 * The second number of the microversion a request asks for; 1 when it asks for none. `OpenStack-API-Version` wins over the
 * legacy header; one for another service is as good as none.
 * @throws Fault 400 for what is no version, 406 (with the asked version in the answer's headers) out of range
 */
export function negotiate(headers: Headers): number {
  const asked = askedVersion(headers);
  if (asked === undefined) return 1;
  if (asked === 'latest') return NEWEST_MINOR;
  const [, major, minor] = /^([1-9]\d*)\.([1-9]\d*|0)$/.exec(asked) ?? [];
  if (major === undefined || minor === undefined) {
    throw badRequest(
      `API Version String ${asked} is of invalid format. Must be of format MajorNum.MinorNum.`,
    );
  }
  if (major !== '2' || Number(minor) < 1 || Number(minor) > NEWEST_MINOR) {
    const range = `Minimum is 2.1 and maximum is 2.${NEWEST_MINOR}.`;
    const fault = novaFault(406, `Version ${asked} is not supported by the API. ${range}`);
    Object.assign(fault.headers, versionHeaders(asked));
    throw fault;
  }
  return Number(minor);
}

function askedVersion(headers: Headers): string | undefined {
  const modern = headers.get('OpenStack-API-Version') ?? '';
  for (const item of modern.split(',')) {
    const [service, version] = item.trim().split(/\s+/);
    if (service?.toLowerCase() === 'compute' && version) return version;
  }
  return headers.get('X-OpenStack-Nova-API-Version')?.trim() || undefined;
}

/** The headers every routed answer carries. */
export function versionHeaders(version: string): Record<string, string> {
  return {
    'OpenStack-API-Version': `compute ${version}`,
    'X-OpenStack-Nova-API-Version': version,
    Vary: 'OpenStack-API-Version, X-OpenStack-Nova-API-Version',
  };
}
