import { readableStream } from '../../../src/async.ts';
import { remainingMs } from '../../../src/clock.ts';
import {
  assertNoDotSegments,
  isStream,
  MAX_RESPONSE_BYTES,
  type Transport,
  TransportError,
} from './transport.ts';

/** A transport over a fetch function: the runtime's own, or a service in this process. */
export function fetchTransport(fetch: (request: Request) => Promise<Response>): Transport {
  return {
    async open({ method, url, headers, body = null, signal, buffered = false }, deadline) {
      assertNoDotSegments(url);
      const ending = new AbortController();
      let timedOut = false;
      const expire = () => {
        timedOut = true;
        ending.abort();
      };
      const disconnect = () => ending.abort();
      const timer = isStream(body) ? undefined : setTimeout(expire, Math.max(1, remainingMs(deadline)));
      signal?.addEventListener('abort', disconnect);
      if (signal?.aborted) disconnect();
      try {
        // Following a redirect would carry the token to wherever it points.
        const init = { method, headers, redirect: 'manual', signal: ending.signal, duplex: 'half' } as const;
        const response = await fetch(
          new Request(url, body === null ? init : { ...init, body: bodyInit(body) }),
        );
        return {
          status: response.status,
          headers: Object.fromEntries(response.headers),
          body: buffered && response.body !== null ? await bytesOf(response.body) : response.body,
        };
      } catch (cause) {
        if (cause instanceof TransportError) throw cause;
        const abandoned = !timedOut && signal?.aborted === true;
        throw new TransportError('no response', { sent: true, timedOut, abandoned, cause });
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', disconnect);
      }
    },
    close: async () => {},
  };
}

function bodyInit(body: string | Uint8Array | AsyncIterable<Uint8Array>): BodyInit {
  return isStream(body) ? readableStream(body) : (body as BodyInit);
}

async function bytesOf(body: ReadableStream<Uint8Array>): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  for await (const part of body) {
    length += part.length;
    if (length > MAX_RESPONSE_BYTES)
      throw new TransportError('response too large', { sent: true, timedOut: false, tooLarge: true });
    parts.push(part);
  }
  const [first] = parts;
  if (parts.length === 1 && first !== undefined) return first;
  const bytes = new Uint8Array(length);
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
