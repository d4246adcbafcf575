import { Disconnected } from './undici-exchange.ts';

/** How long a stream may stand still. */
export const IDLE_TIMEOUT_MS = 60_000;

/**
 * A client's body on its way to the cloud. That it breaks off or stands still ends the call as the client's doing, which no circuit
 * breaker counts.
 */
export async function* clientBody(
  parts: AsyncIterable<Uint8Array>,
  onBreak: () => void = () => {},
): AsyncGenerator<Uint8Array, void> {
  const iterator = parts[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await inTime(iterator.next());
      if (done) return;
      yield value;
    }
  } catch (cause) {
    onBreak();
    throw new Disconnected('the body has broken off', { cause });
  } finally {
    // Not awaited: it waits for a part that may never come.
    iterator.return?.().catch(() => {});
  }
}

function inTime<Result>(work: Promise<Result>): Promise<Result> {
  return new Promise((resolve, reject) => {
    // Node leaves the rest of a body pending after an early response, which must not keep the process alive.
    const timer = setTimeout(() => reject(new Disconnected()), IDLE_TIMEOUT_MS).unref();
    work.finally(() => clearTimeout(timer)).then(resolve, reject);
  });
}
