import type { StreamingTransport } from './stream.ts';
import type { Transport } from './transport.ts';

/**
 * A transport whose every call is kept alive until it is over, also after the request that made it has its response. Of two
 * concurrent calls one may fail and answer the request; a runtime that ends what belongs to an answered request would leave the
 * other one, running or waiting for its turn, open forever, and with it its place among the calls that may run.
 *
 * @param transport The outermost one, so that a wait for a place is part of the call.
 * @param background As in `OpenStackOptions`.
 */
export function withWaitUntil(
  transport: Transport & StreamingTransport,
  background: (work: Promise<unknown>) => void,
): Transport & StreamingTransport {
  const kept = <Result>(call: Promise<Result>): Promise<Result> => {
    const ignore = () => {};
    background(call.then(ignore, ignore));
    return call;
  };
  return {
    send: (request, signal) => kept(transport.send(request, signal)),
    open: (request, deadline) => kept(transport.open(request, deadline)),
    close: () => transport.close(),
  };
}
