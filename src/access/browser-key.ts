/**
 * Browser keys: keys bound to web origins. Every visitor of the page has the key, and programs can send any `Origin`, so such a
 * key is read-only.
 */

import { ComputeError } from '../compute/errors.ts';
import { DEFAULT_SCOPES, EVERY_SERVICE, type Scope } from '../scopes.ts';
import type { StoredKey } from './key-store.ts';

const BROWSER_SCOPES: readonly Scope[] = ['instances:read'];
const ALL_BUT_ADMIN: readonly Scope[] = [...DEFAULT_SCOPES, ...EVERY_SERVICE];

type Bound = Pick<StoredKey, 'allowedOrigins' | 'scopes'>;

export function isBrowserKey({ allowedOrigins }: Pick<Bound, 'allowedOrigins'>): boolean {
  return allowedOrigins.length > 0;
}

export function defaultScopes(allowedOrigins: readonly string[]): readonly Scope[] {
  return isBrowserKey({ allowedOrigins }) ? BROWSER_SCOPES : ALL_BUT_ADMIN;
}

/** The scopes of the row, reduced for a browser key: concurrent updates could have stored more. */
export function effectiveScopes(key: Bound): readonly Scope[] {
  return isBrowserKey(key) ? key.scopes.filter((scope) => BROWSER_SCOPES.includes(scope)) : key.scopes;
}

export const BROWSER_SCOPES_PROBLEM = `a key with allowed_origins is public to all visitors of the page, so it may have only ${BROWSER_SCOPES.join(', ')}`;

export function areScopesAllowed(key: Bound): boolean {
  return effectiveScopes(key).length === key.scopes.length;
}

export function assertBrowserScopes(key: Bound): void {
  if (!areScopesAllowed(key)) throw ComputeError.field('scopes', BROWSER_SCOPES_PROBLEM);
}
