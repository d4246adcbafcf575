import { monotonicMs } from '../../clock.ts';
import type { CallContext, CloudDriver } from '../../compute/cloud.ts';
import { hasCode } from '../../compute/errors.ts';
import type { CloseReason } from './event-stream.ts';
import { type FeedKey, feedKeyOf } from './feed-key.ts';
import type { Subscriber } from './subscriber.ts';

/** How often it is asked whether who listens still may, milliseconds. */
export const REAUTH_INTERVAL_MS = 5_000;
/** So many are verified in one go, for most need nobody else to be asked. */
export const REAUTH_BATCH_SIZE = 100;
/** How long somebody listens on of whom that cannot be found out, milliseconds. */
const REAUTH_GRACE_MS = 60_000;

/**
 * Why somebody may listen no longer; null: still may. As with every request: the key is good, has the scope and may be used from
 * there; the cloud lets its credential in, into the same project and with the same roles.
 */
export async function closeReason(
  subscriber: Subscriber,
  key: FeedKey,
  clouds: CloudDriver,
  call: CallContext,
): Promise<CloseReason | null> {
  try {
    const verdict = await subscriber.reverify();
    if (!verdict.ok || !verdict.principal.scopes.includes('instances:read')) return 'key_revoked';
    const { principal } = verdict;
    const caller = await clouds.caller(principal.credential, call);
    if (feedKeyOf(caller, principal).text !== key.text) return 'credential_revoked';
    subscriber.principal = principal;
    subscriber.verifiedAt = monotonicMs();
    return null;
  } catch (error) {
    if (hasCode(error, 'forbidden')) return 'credential_revoked';
    return monotonicMs() - subscriber.verifiedAt > REAUTH_GRACE_MS ? 'unverified' : null;
  }
}
