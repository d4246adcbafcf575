import { ComputeError } from '../../compute/errors.ts';
import type { ForwardedResponse, ForwardRequest } from './pass-through.ts';

export type Fields = Readonly<Record<string, unknown>>;

export function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** undefined for a missing or streamed body. @throws ComputeError `invalid`: services may parse it differently. */
export function readJson(body: ForwardRequest['body'] | null): unknown {
  if (!(body instanceof Uint8Array)) return undefined;
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(body));
  } catch (cause) {
    throw new ComputeError('invalid', 'The body is not valid JSON.', { cause });
  }
}

export async function bytesOf({ body }: ForwardedResponse): Promise<Uint8Array | null> {
  return body instanceof ReadableStream ? new Uint8Array(await new Response(body).arrayBuffer()) : body;
}
