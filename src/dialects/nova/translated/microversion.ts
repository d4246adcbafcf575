import { ComputeError } from '../../../compute/errors.ts';

/** The only one: what a server is told to be is what it was in 2.1. */
export const MICROVERSION = '2.1';
/** RFC 9110, 15.5.7. */
const NOT_ACCEPTABLE = 406;

/** As some documentation calls it, and as the pass-through understands it. */
const NAMES = ['x-openstack-nova-api-version', 'x-openstack-nova-microversion'];

export const VERSION_HEADERS: Readonly<Record<string, string>> = {
  'OpenStack-API-Version': `compute ${MICROVERSION}`,
  'X-OpenStack-Nova-API-Version': MICROVERSION,
  Vary: 'OpenStack-API-Version, X-OpenStack-Nova-API-Version',
};

/**
 * The answer to a request for another microversion, as Nova gives it; null when there is nothing against it.
 *
 * @throws ComputeError `invalid` for what is no version.
 */
export function microversionError(headers: Headers): Response | null {
  const asked = requestedVersion(headers);
  if (asked === undefined || asked === 'latest' || asked === MICROVERSION) return null;
  if (!/^[1-9]\d*\.(?:[1-9]\d*|0)$/.test(asked)) {
    const form = 'is of invalid format. Must be of format MajorNum.MinorNum.';
    throw new ComputeError('invalid', `API Version String ${asked} ${form}`);
  }
  const message = `Version ${asked} is not supported by the API. Minimum is ${MICROVERSION} and maximum is ${MICROVERSION}.`;
  return Response.json(
    { computeFault: { code: NOT_ACCEPTABLE, message } },
    { status: NOT_ACCEPTABLE, headers: VERSION_HEADERS },
  );
}

/** One for another service is as good as none. */
function requestedVersion(headers: Headers): string | undefined {
  for (const item of (headers.get('openstack-api-version') ?? '').split(',')) {
    const [service, version] = item.trim().split(/\s+/);
    if (service?.toLowerCase() === 'compute' && version) return version;
  }
  return NAMES.map((name) => headers.get(name)?.trim()).find(Boolean);
}
