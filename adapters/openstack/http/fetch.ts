import { remainingMs } from '../../../src/clock.ts';
import { isStream, type StreamingTransport } from './stream.ts';
import { MAX_RESPONSE_BYTES, type Transport, TransportError, type UpstreamResponse } from './transport.ts';

/** A transport over a fetch function: the runtime's own, or a service in this process. */
export function fetchTransport(
  fetch: (request: Request) => Promise<Response>,
): Transport & StreamingTransport {
  return {
    async send(request, signal) {
      try {
        const response = await fetch(
          new Request(request.url, {
            method: request.method,
            headers: request.headers,
            // Following would carry the token to wherever the redirect points.
            redirect: 'manual',
            signal,
            ...(request.body === undefined ? {} : { body: request.body }),
          }),
        );
        return answer(response, await readText(response));
      } catch (cause) {
        if (cause instanceof TransportError) throw cause;
        throw new TransportError('no answer', { sent: true, timedOut: signal.aborted, cause });
      }
    },
    async open({ method, origin, path, headers, body, signal }, deadline) {
      const streams = isStream(body);
      const ending = new AbortController();
      let timedOut = false;
      const late = () => {
        timedOut = true;
        ending.abort();
      };
      const hangUp = () => ending.abort();
      const timer = streams ? undefined : setTimeout(late, Math.max(1, remainingMs(deadline)));
      signal?.addEventListener('abort', hangUp);
      if (signal?.aborted) hangUp();
      try {
        const init = { method, headers, redirect: 'manual', signal: ending.signal, duplex: 'half' } as const;
        const sent =
          body === null ? init : { ...init, body: streams ? readableOf(body) : (body as BodyInit) };
        const response = await fetch(new Request(origin + path, sent));
        return {
          status: response.status,
          headers: Object.fromEntries(response.headers),
          body: response.body,
        };
      } catch (cause) {
        const abandoned = !timedOut && signal?.aborted === true;
        throw new TransportError('no answer', { sent: true, timedOut, abandoned, cause });
      } finally {
        clearTimeout(timer);
        signal?.removeEventListener('abort', hangUp);
      }
    },
    close: async () => {},
  };
}

function readableOf(body: AsyncIterable<Uint8Array>): ReadableStream<Uint8Array> {
  if (body instanceof ReadableStream) return body;
  const iterator = body[Symbol.asyncIterator]();
  return new ReadableStream({
    async pull(controller) {
      const { done, value } = await iterator.next();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    async cancel() {
      await iterator.return?.();
    },
  });
}

function answer(response: Response, body: string): UpstreamResponse {
  return { status: response.status, header: (name) => response.headers.get(name) ?? undefined, body };
}

async function readText(response: Response): Promise<string> {
  if (response.body === null) return '';
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const chunk of response.body) {
    bytes += chunk.byteLength;
    if (bytes > MAX_RESPONSE_BYTES)
      throw new TransportError('answer too large', { sent: true, timedOut: false, tooLarge: true });
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}
