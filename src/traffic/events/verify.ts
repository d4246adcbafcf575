import { monotonicMs } from '../../clock.ts';
import type { CallContext, CloudDriver } from '../../compute/cloud.ts';
import { hasCode } from '../../compute/errors.ts';
import type { EndReason } from './event-stream.ts';
import { type FeedKey, feedKeyOf } from './feed-key.ts';
import type { Listener } from './listener.ts';

/** How often it is asked whether who listens still may, milliseconds. */
export const VERIFY_EVERY = 5_000;
/** So many are verified in one go, for most need nobody else to be asked. */
export const VERIFIED_AT_ONCE = 100;
/** How long somebody listens on of whom that cannot be found out, milliseconds. */
const MAX_UNVERIFIED = 60_000;

/**
 * Why somebody may listen no longer; null: still may. As with every request: the key is good, has the scope and may be used from
 * there; the cloud lets its credential in, into the same project and with the same roles.
 */
export async function reasonToEnd(
  listener: Listener,
  key: FeedKey,
  clouds: CloudDriver,
  call: CallContext,
): Promise<EndReason | null> {
  try {
    const verdict = await listener.verify();
    if (!verdict.ok || !verdict.principal.scopes.includes('instances:read')) return 'key_revoked';
    const { principal } = verdict;
    const caller = await clouds.caller(principal.credential, call);
    if (feedKeyOf(caller, principal).text !== key.text) return 'credential_revoked';
    listener.principal = principal;
    listener.verifiedAt = monotonicMs();
    return null;
  } catch (error) {
    if (hasCode(error, 'forbidden')) return 'credential_revoked';
    return monotonicMs() - listener.verifiedAt > MAX_UNVERIFIED ? 'unverified' : null;
  }
}
