import { monotonicMs, wallMs } from '../clock.ts';
import type { Logger } from '../telemetry/logger.ts';
import type { KeyStore } from './key-store.ts';

const INTERVAL_MS = 60_000;
const DAY_MS = 86_400_000;

/** Deletes expired revocations and old audit entries, at most once a minute. Never rejects: a failure is retried. */
export function retention(
  keys: Pick<KeyStore, 'sweep'>,
  log: Logger,
  { auditDays }: { readonly auditDays: number },
): () => Promise<void> {
  let sweptAt = Number.NEGATIVE_INFINITY;
  return async function sweep() {
    if (monotonicMs() - sweptAt < INTERVAL_MS) return;
    sweptAt = monotonicMs();
    const now = wallMs();
    const [at, auditBefore] = [now, now - auditDays * DAY_MS].map((time) => new Date(time).toISOString());
    await keys.sweep(at ?? '', auditBefore ?? null).catch((error) => log.warn('key_sweep_failed', {}, error));
  };
}
