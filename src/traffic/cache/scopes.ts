import type { Principal } from '../../access/principal.ts';
import type { SignedInCaller } from '../../compute/cloud.ts';
import { CacheScope } from './cache-key.ts';

/** Whose an answer is: all callers' of a project with the same roles, only one user's, or only one API key's. */
export type ScopeKind = 'project' | 'user' | 'key';

type Scopes = Partial<Record<'project' | 'user', CacheScope>>;

/** By caller: the cloud tells the same object as long as it keeps the caller's token. */
const KNOWN = new WeakMap<SignedInCaller, Scopes>();

/** The scope of a caller whom the cloud has let in with the principal's credential. */
export function scopeOf(caller: SignedInCaller, principal: Principal, of: ScopeKind): CacheScope {
  const { kind } = principal.credential;
  if (of === 'key') {
    const others = [principal.keyId, ...principal.scopes.toSorted()];
    return CacheScope.of(caller, kind, { ofUser: true, others });
  }
  const known = KNOWN.get(caller) ?? {};
  const scope = known[of] ?? CacheScope.of(caller, kind, { ofUser: of === 'user' });
  if (known[of] === undefined) KNOWN.set(caller, { ...known, [of]: scope });
  return scope;
}
