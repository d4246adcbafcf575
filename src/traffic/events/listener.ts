import type { Verdict } from '../../access/key-verifier.ts';
import type { Principal } from '../../access/principal.ts';
import { monotonicMs } from '../../clock.ts';
import { type EndReason, EventStream } from './event-stream.ts';
import type { Entry } from './history.ts';

/** Somebody who listens to a feed. */
export class Listener {
  readonly stream: EventStream;
  /** All it is told of is this instance; null: any. */
  readonly instanceId: string | null;
  /** Whether its key is still good. */
  readonly verify: () => Verdict | Promise<Verdict>;
  /** As whom the project can be looked at. */
  principal: Principal;
  /** When its key was last known to be good, monotonic milliseconds. */
  verifiedAt = monotonicMs();
  isBeingVerified = false;
  /** Events it was told. */
  told = 0;
  /** Hears what happens; before, it is only being let in. */
  isLive = false;

  /** @param onEnd Called once. */
  constructor(
    instanceId: string | null,
    principal: Principal,
    verify: () => Verdict | Promise<Verdict>,
    onEnd: (reason: EndReason) => void,
  ) {
    this.instanceId = instanceId;
    this.principal = principal;
    this.verify = verify;
    this.stream = new EventStream(onEnd);
  }

  /** Those of these entries that are for it. */
  concerned(entries: readonly Entry[]): readonly Entry[] {
    const { instanceId } = this;
    if (instanceId === null) return entries;
    return entries.filter(({ change }) => change === null || change.instanceId === instanceId);
  }

  /** @param words These entries in bytes. */
  tell(entries: readonly Entry[], words: Uint8Array<ArrayBuffer>): void {
    this.told += entries.length;
    this.stream.push(words);
    const isGone = entries.some(({ change }) => change?.kind === 'deleted');
    if (isGone && this.instanceId !== null) this.stream.end('deleted');
  }
}
