import { type IncomingHttpHeaders, request } from 'node:http';

export interface RawResponse {
  readonly status: number;
  readonly headers: Readonly<IncomingHttpHeaders>;
  readonly text: string;
}

const TIMEOUT_MS = 10_000;

/**
 * Sends one request unchanged on a new connection: `fetch` would normalize the path and reject some headers. Rejects without a
 * complete response; of a stream of events the first part is enough.
 */
export function send(
  url: string,
  options: {
    readonly method: string;
    readonly path: string;
    readonly headers: Readonly<Record<string, string | readonly string[]>>;
    readonly body: string | Uint8Array | null;
    readonly chunked: boolean;
  },
): Promise<RawResponse> {
  const { hostname, port } = new URL(url);
  const bytes = options.body === null ? null : Buffer.from(options.body as string);
  return new Promise((resolve, reject) => {
    const sent = request({
      hostname,
      port,
      method: options.method,
      path: options.path,
      headers: {
        ...(options.headers as Record<string, string | string[]>),
        ...(bytes !== null && !options.chunked && { 'content-length': bytes.length }),
        ...(options.chunked && { 'transfer-encoding': 'chunked' }),
      },
      agent: false,
      timeout: TIMEOUT_MS,
    });
    let responded = false;
    sent.on('timeout', () => sent.destroy(new Error('no response in time')));
    // The gateway may respond and disconnect while a large body is being sent.
    sent.on('error', (error) => !responded && reject(error));
    sent.on('response', (response) => {
      responded = true;
      const chunks: Buffer[] = [];
      const end = () => {
        const text = Buffer.concat(chunks).toString('utf8');
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text });
      };
      const isEndless = response.headers['content-type'] === 'text/event-stream';
      response.on('data', (chunk: Buffer) => {
        chunks.push(chunk);
        if (!isEndless) return;
        end();
        sent.destroy();
      });
      response.on('error', reject);
      response.on('end', end);
    });
    if (bytes !== null) {
      // Several writes make several chunks.
      for (let at = 0; at < bytes.length; at += 65_536) sent.write(bytes.subarray(at, at + 65_536));
    }
    sent.end();
  });
}
