import type { Transport } from './transport.ts';

/**
 * Transport decorator that passes every call to the platform's `waitUntil`. Of two concurrent calls one may fail and end the
 * request; a runtime that cancels what belongs to it would leave the other one open forever, together with its slot.
 *
 * @param transport The outermost one, so that the wait for a slot is part of the call.
 */
export function withWaitUntil(transport: Transport, waitUntil: (work: Promise<unknown>) => void): Transport {
  const ignore = () => {};
  return {
    open(request, deadline) {
      const call = transport.open(request, deadline);
      waitUntil(call.then(ignore, ignore));
      return call;
    },
    close: () => transport.close(),
  };
}
