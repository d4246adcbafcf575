import type { StreamingTransport } from './stream.ts';
import type { Transport } from './transport.ts';

type EitherTransport = Transport & Partial<StreamingTransport>;

/**
 * A transport whose every call is kept alive until it is over, whoever still waits for it. Of two calls made at the same time
 * one may fail and answer the request; a runtime that ends what belongs to an answered request would leave the other one open
 * for ever, and with it its place among the calls that may run.
 *
 * @param background As in `OpenStackOptions`.
 */
export function keptAlive(
  transport: EitherTransport,
  background: (work: Promise<unknown>) => void,
): EitherTransport {
  const kept = <Answer>(call: Promise<Answer>): Promise<Answer> => {
    const ignore = () => {};
    background(call.then(ignore, ignore));
    return call;
  };
  const open = transport.open?.bind(transport);
  return {
    send: (request, signal) => kept(transport.send(request, signal)),
    ...(open !== undefined && { open: (request, deadline) => kept(open(request, deadline)) }),
    ...(transport.connections !== undefined && { connections: transport.connections }),
    close: () => transport.close(),
  };
}
