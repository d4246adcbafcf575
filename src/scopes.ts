/** What an API key may do: a key holds a set of scopes, a route requires one. */
export const SCOPES = [
  'instances:read',
  'instances:write',
  'network:write',
  'keypairs:write',
  'volumes:write',
  'images:write',
  'keys:write',
  'admin',
] as const;
export type Scope = (typeof SCOPES)[number];

/** The scopes of a key whose issuer names none: all but `admin`. */
export const DEFAULT_SCOPES: readonly Scope[] = SCOPES.filter((scope) => scope !== 'admin');
