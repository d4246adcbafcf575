import type { Invocation } from './specification.ts';

/** The fields of the admin API for what a key may do; absent options are absent fields. */
export function rightsOf(values: Invocation<'keys create' | 'keys update'>['values']) {
  const { scopes, plan, cidr, origin, regions } = values;
  const expiry = values['expires-at'];
  return {
    scopes: scopes?.split(','),
    plan,
    expires_at: expiry === 'never' ? null : expiry,
    allowed_cidrs: listOf(cidr, 'any'),
    allowed_origins: listOf(origin, 'none'),
    regions: regions === 'any' ? null : regions?.split(','),
  };
}

/** @param empty The word for an empty list. */
function listOf(given: readonly string[] | undefined, empty: string): readonly string[] | undefined {
  return given?.length === 1 && given[0] === empty ? [] : given;
}
