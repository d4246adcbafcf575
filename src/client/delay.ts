const FIRST_DELAY_MS = 200;
const MAX_DELAY_MS = 5_000;

/** Milliseconds before try number `tries + 2`: doubled each time, and spread, so that clients do not come back together. */
export function backoff(tries: number): number {
  return Math.min(MAX_DELAY_MS, FIRST_DELAY_MS * 2 ** tries) * (0.5 + Math.random() / 2);
}

/** Up to a half more, so that clients of a gateway that stops do not come back together. */
export function jitter(milliseconds: number): number {
  return milliseconds * (1 + Math.random() / 2);
}

/** Resolves after so many milliseconds; rejects with the signal's reason. */
export function delay(milliseconds: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = () => {
      clearTimeout(timer);
      reject(signal?.reason);
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, milliseconds);
    if (signal?.aborted) abort();
    else signal?.addEventListener('abort', abort, { once: true });
  });
}
