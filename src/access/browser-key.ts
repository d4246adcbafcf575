/**
 * Keys bound to origins of the web. Such a key stands in a page, and everybody who is shown the page has it: other programs can
 * send any `Origin`. So it may look, and nothing else.
 *
 * @module
 */

import { ComputeError } from '../compute/errors.ts';
import { DEFAULT_SCOPES, type Scope } from '../scopes.ts';
import type { StoredKey } from './key-store.ts';

const BROWSER_SCOPES: readonly Scope[] = ['instances:read'];

type Bound = Pick<StoredKey, 'allowedOrigins' | 'scopes'>;

export function isBrowserKey({ allowedOrigins }: Pick<Bound, 'allowedOrigins'>): boolean {
  return allowedOrigins.length > 0;
}

/** What such a key gets when its issuer names nothing. */
export function defaultScopes(allowedOrigins: readonly string[]): readonly Scope[] {
  return isBrowserKey({ allowedOrigins }) ? BROWSER_SCOPES : DEFAULT_SCOPES;
}

/** What a key may do, whatever its row says: two changes at once could have made it say more. */
export function effectiveScopes(key: Bound): readonly Scope[] {
  return isBrowserKey(key) ? key.scopes.filter((scope) => BROWSER_SCOPES.includes(scope)) : key.scopes;
}

/** What is wrong with a key that may do more than look. */
export const BROWSER_SCOPES_PROBLEM = `a key with allowed_origins is in the hands of whoever sees the page: it may have ${BROWSER_SCOPES.join(', ')} only`;

/** Whether a key bound to these origins may have these scopes. */
export function areScopesAllowed(key: Bound): boolean {
  return effectiveScopes(key).length === key.scopes.length;
}

/** @throws ComputeError `invalid`. */
export function assertBrowserScopes(key: Bound): void {
  if (!areScopesAllowed(key)) throw ComputeError.field('scopes', BROWSER_SCOPES_PROBLEM);
}
