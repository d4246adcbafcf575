import type { Verdict } from '../../access/key-verifier.ts';
import type { Principal } from '../../access/principal.ts';
import { monotonicMs } from '../../clock.ts';
import { type CloseReason, EventStream } from './event-stream.ts';
import type { LogEntry } from './replay-buffer.ts';

/** Somebody who listens to a feed. */
export class Subscriber {
  readonly stream: EventStream;
  /** All it is told of is this instance; null: any. */
  readonly instanceId: string | null;
  /** Whether its key is still good. */
  readonly reverify: () => Verdict | Promise<Verdict>;
  /** As whom the project can be looked at. */
  principal: Principal;
  /** When its key was last known to be good, monotonic milliseconds. */
  verifiedAt = monotonicMs();
  isReauthenticating = false;
  /** Events it was told. */
  eventCount = 0;
  /** Hears what happens; before, it is only being let in. */
  isSubscribed = false;

  /** @param onEnd Called once. */
  constructor(
    instanceId: string | null,
    principal: Principal,
    reverify: () => Verdict | Promise<Verdict>,
    onEnd: (reason: CloseReason) => void,
  ) {
    this.instanceId = instanceId;
    this.principal = principal;
    this.reverify = reverify;
    this.stream = new EventStream(onEnd);
  }

  /** Those of these entries that are for it. */
  matching(entries: readonly LogEntry[]): readonly LogEntry[] {
    const { instanceId } = this;
    if (instanceId === null) return entries;
    return entries.filter(({ change }) => change === null || change.instanceId === instanceId);
  }

  /** @param encoded These entries in bytes. */
  send(entries: readonly LogEntry[], encoded: Uint8Array<ArrayBuffer>): void {
    this.eventCount += entries.length;
    this.stream.push(encoded);
    const isDeleted = entries.some(({ change }) => change?.kind === 'deleted');
    if (isDeleted && this.instanceId !== null) this.stream.end('deleted');
  }
}
