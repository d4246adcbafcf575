import type { Principal } from '../../access/principal.ts';
import type { SignedInCaller } from '../../compute/cloud.ts';
import { CacheKey, scopeOf } from '../cache/cache-key.ts';

/** Whose feed it is: as that of a kept answer, by project, roles and kind of credential, of a caller whom the cloud has let in. */
export type FeedKey = CacheKey;

export function feedKeyOf(caller: SignedInCaller, principal: Principal): FeedKey {
  return CacheKey.of(scopeOf(caller, principal, 'project'), '/v1/events');
}
