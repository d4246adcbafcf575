import { deadlineIn, remainingMs, wallMs } from '../clock.ts';
import { CallTrace } from '../compute/call-trace.ts';
import type { CallContext, CloudCredential } from '../compute/cloud.ts';
import { LruMap } from '../lru-map.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { IdentityProvider } from './identity-provider.ts';
import type { KeyStore } from './key-store.ts';
import type { OwnedCredential } from './owned-credentials.ts';
import type { Principal } from './principal.ts';

export interface WithdrawalPorts {
  readonly keys: KeyStore;
  readonly identities: IdentityProvider;
}

/** After an attempt that was interrupted, or did not reach the cloud. */
const RETRY_MS = 300_000;
/** After the cloud refused it; each attempt offers it to the requests of the node that made it. */
const RETRY_REFUSED_MS = 3_600_000;
/** A node offers a refused one, and remembers a credential that may delete no other, for this long. */
const OFFER_MS = 86_400_000;
/** A key whose expiry is being moved has this long. */
const SETTLING_MS = 10_000;
const MAX_PER_SWEEP = 100;
const SWEEP_TIMEOUT_MS = 15_000;

/** `failed`: the cloud gave no verdict. */
type Withdrawal = 'gone' | 'refused' | 'failed';

/**
 * Deletes at the cloud a credential that no living key uses. Never rejects; what is not gone is due again later.
 *
 * @param other As in `IdentityProvider.deleteCredential`.
 */
export async function withdrawCredential(
  { keys, identities }: WithdrawalPorts,
  { id, userId }: OwnedCredential,
  call: CallContext,
  other?: CloudCredential,
): Promise<Withdrawal> {
  try {
    await keys.ownedCredentials.postpone(id, inFuture(RETRY_MS));
    const isGone = await identities.deleteCredential(userId, id, call, other);
    if (isGone) await keys.ownedCredentials.remove(id);
    else await keys.ownedCredentials.postpone(id, inFuture(RETRY_REFUSED_MS));
    return isGone ? 'gone' : 'refused';
  } catch (error) {
    call.log.warn('credential_cleanup_failed', { credential: id }, error);
    return 'failed';
  }
}

interface SweepPorts extends WithdrawalPorts {
  readonly log: Logger;
  readonly region: string;
}

/**
 * Withdraws the credentials of keys that have ended, on any node: by the service account, else by the credential of the next
 * request of the same user.
 */
export class CredentialSweep {
  readonly #ports: SweepPorts;
  /** By user, what the service account may not delete. */
  readonly #waiting = new LruMap<readonly OwnedCredential[]>({ max: 1_000, lifetimeMs: OFFER_MS });
  /** Ids of credentials that may delete no other. */
  readonly #restricted = new LruMap<true>({ max: 10_000, lifetimeMs: OFFER_MS });

  constructor(ports: SweepPorts) {
    this.#ports = ports;
  }

  /** To be called regularly. Never rejects. */
  async sweep(): Promise<void> {
    const { keys, log } = this.#ports;
    const settled = new Date(wallMs() - SETTLING_MS).toISOString();
    const due = await keys.ownedCredentials.due(settled, MAX_PER_SWEEP).catch((error) => {
      log.warn('key_sweep_failed', {}, error);
      return [];
    });
    const call = this.#call();
    for (const one of due) {
      // What is left stays due for the next sweep.
      if (remainingMs(call.deadline) <= 0) return;
      if ((await withdrawCredential(this.#ports, one, call)) === 'refused') this.#offer(one.userId, [one]);
    }
  }

  #offer(userId: string, added: readonly OwnedCredential[]): void {
    const others = this.#waiting.get(userId) ?? [];
    const all = [...added, ...others.filter(({ id }) => !added.some((one) => one.id === id))];
    if (all.length > 0) this.#waiting.set(userId, all);
  }

  /** Lends the credential of a request to what waits for one of its user. */
  served({ userId, credential }: Principal): void {
    if (this.#waiting.size === 0 || userId === null || credential.kind !== 'application_credential') return;
    const waiting = this.#waiting.get(userId);
    if (waiting === undefined || this.#restricted.get(credential.id)) return;
    this.#waiting.delete(userId);
    void this.#lend(userId, credential, waiting);
  }

  async #lend(
    userId: string,
    credential: Extract<CloudCredential, { kind: 'application_credential' }>,
    waiting: readonly OwnedCredential[],
  ): Promise<void> {
    const call = this.#call();
    for (const [index, one] of waiting.entries()) {
      const outcome = await withdrawCredential(this.#ports, one, call, credential);
      if (outcome === 'gone') continue;
      // Without a verdict, the schedule offers it again: a cloud in trouble gets no call for each request. The others have their turn.
      if (outcome === 'refused') this.#restricted.set(credential.id, true);
      this.#offer(userId, waiting.slice(outcome === 'refused' ? index : index + 1));
      return;
    }
  }

  #call(): CallContext {
    const { log, region } = this.#ports;
    const requestId = `req-${crypto.randomUUID()}`;
    return { region, deadline: deadlineIn(SWEEP_TIMEOUT_MS), requestId, log, trace: new CallTrace() };
  }
}

function inFuture(ms: number): string {
  return new Date(wallMs() + ms).toISOString();
}
