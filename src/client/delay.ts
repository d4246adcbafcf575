const FIRST_DELAY_MS = 200;
const MAX_DELAY_MS = 5_000;

/** Exponential backoff with jitter, in ms, so that clients do not retry in step. */
export function backoff(tries: number): number {
  return Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** tries) * (0.5 + Math.random() / 2);
}

/** Adds up to a half, so that clients of a restarted gateway do not reconnect in step. */
export function jitter(durationMs: number): number {
  return durationMs * (1 + Math.random() / 2);
}

/** Rejects with the signal's reason. */
export function delay(durationMs: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, durationMs);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}
