/**
 * Reads bodies: JSON, and streams of bytes. hono's `bodyLimit` is not used: it trusts `Content-Length`, and leaves the rest of a too large body open.
 */

import type { Context } from 'hono';
import { ComputeError } from '../compute/errors.ts';
import { exceededBound } from './json-bounds.ts';
import type { RequestBody } from './request-target.ts';

export const MAX_BODY_BYTES = 1_048_576;
/** Of a sign-in, which is read before authentication. */
export const MAX_SIGN_IN_BYTES = 16_384;
/** All fields of a new key at their longest, each character as an escape of JSON, are 200 KB. */
export const MAX_SIGN_UP_BYTES = 262_144;

const OCTETS = 'application/octet-stream';
const RECEIVE_TIMEOUT_MS = 30_000;

/**
 * The body as a JSON object.
 *
 * @throws ComputeError `unsupported_media_type` unless it is `application/json` in UTF-8, uncompressed;
 *   `body_too_large`; `invalid` when it is empty, no UTF-8, no JSON or no object.
 */
export async function readJsonObject(
  c: Context,
  maxBytes = MAX_BODY_BYTES,
): Promise<Record<string, unknown>> {
  const type = c.req.header('Content-Type');
  assertJson(type, c.req.header('Content-Encoding'));
  const bytes = await readBody(c, maxBytes);
  if (bytes.length > maxBytes) throw tooLarge(maxBytes);
  if (bytes.length === 0) throw invalidBody('is required: a JSON object');
  // After the check for an empty body, whose error is the more helpful one.
  if (type === undefined) throw unsupportedMediaType();
  const excess = exceededBound(bytes);
  if (excess !== null) throw invalidBody(excess);
  const value = parseJson(bytes);
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    throw invalidBody('must be a JSON object');
  }
  return value as Record<string, unknown>;
}

/** Reads a body once and leaves it in hono's cache, for the stages that follow. @throws ComputeError as `readBytes`. */
export async function readBody(c: Context, maxBytes = MAX_BODY_BYTES): Promise<Uint8Array<ArrayBuffer>> {
  if (c.req.raw.bodyUsed) return new Uint8Array(await c.req.arrayBuffer());
  const bytes = new Uint8Array(await readBytes(c.req.raw, maxBytes));
  c.req.bodyCache.arrayBuffer = bytes.buffer;
  return bytes;
}

/**
 * The bytes of a body. Reading is cancelled at the first byte above `limit`, with or without `Content-Length`.
 *
 * @throws ComputeError `body_too_large`; `invalid` if the client aborts or is too slow.
 */
export async function readBytes(request: Request, limit: number): Promise<Uint8Array> {
  const { body } = request;
  if (body === null) return new Uint8Array(0);
  if (Number(request.headers.get('Content-Length') ?? 0) > limit) {
    await body.cancel();
    throw tooLarge(limit);
  }
  const chunks: Uint8Array[] = [];
  let size = 0;
  const reader = body.getReader();
  let late = false;
  const timer = setTimeout(() => {
    late = true;
    reader.cancel().catch(() => {});
  }, RECEIVE_TIMEOUT_MS);
  try {
    for (;;) {
      const { done, value } = await reader.read().catch(rejectAborted);
      if (late) throw invalidBody('took too long to arrive');
      if (done) return concatenate(chunks, size);
      size += value.length;
      if (size > limit) {
        await reader.cancel();
        throw tooLarge(limit);
      }
      chunks.push(value);
    }
  } finally {
    clearTimeout(timer);
  }
}

/**
 * A body of bytes as it arrives, whatever its size.
 *
 * @throws ComputeError `unsupported_media_type` unless it is `application/octet-stream`, uncompressed; `invalid` without a body.
 */
export function readStream(c: Context, streamed: RequestBody): AsyncIterable<Uint8Array> {
  const body = c.req.header('Content-Length') === '0' ? null : streamed(c);
  if (body === null) throw invalidBody('is required: bytes');
  assertOctets(c);
  return body;
}

/** @throws ComputeError `unsupported_media_type` unless the body is `application/octet-stream`, uncompressed. */
export function assertOctets(c: Context): void {
  assertUncompressed(c.req.header('Content-Encoding'));
  if (c.req.header('Content-Type')?.trim().toLowerCase() !== OCTETS)
    throw new ComputeError('unsupported_media_type', `Send the body as Content-Type: ${OCTETS}.`);
}

function assertJson(type: string | undefined, encoding: string | undefined): void {
  assertUncompressed(encoding);
  if (type === undefined) return;
  const [essence, ...parameters] = type.split(';').map((part) => part.trim().toLowerCase());
  const charset = parameters.find((parameter) => parameter.startsWith('charset='));
  if (essence !== 'application/json') throw unsupportedMediaType();
  if (charset !== undefined && !/^charset="?utf-8"?$/.test(charset)) throw unsupportedMediaType();
}

function assertUncompressed(encoding: string | undefined): void {
  if (encoding !== undefined && encoding.toLowerCase() !== 'identity') {
    throw new ComputeError('unsupported_media_type', 'Send the body without Content-Encoding.');
  }
}

/** @throws ComputeError `invalid`. */
export function parseJson(bytes: Uint8Array): unknown {
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch (cause) {
    throw invalidBody('is not valid UTF-8', cause);
  }
  try {
    // Copying the object would silently drop a member of this name.
    if (/"__proto__"\s*:/.test(text)) throw ComputeError.field('__proto__', 'is unknown');
    return JSON.parse(text);
  } catch (cause) {
    if (cause instanceof ComputeError) throw cause;
    throw invalidBody('is not valid JSON', cause);
  }
}

function concatenate(chunks: readonly Uint8Array[], size: number): Uint8Array {
  const [only] = chunks;
  if (chunks.length === 1 && only !== undefined) return only;
  const bytes = new Uint8Array(size);
  let offset = 0;
  for (const chunk of chunks) {
    bytes.set(chunk, offset);
    offset += chunk.length;
  }
  return bytes;
}

function invalidBody(message: string, cause?: unknown): ComputeError {
  return new ComputeError('invalid', `The body ${message}.`, {
    details: [{ field: 'body', message }],
    ...(cause !== undefined && { cause }),
  });
}

function unsupportedMediaType(): ComputeError {
  return new ComputeError('unsupported_media_type', 'Send the body as Content-Type: application/json.');
}

function tooLarge(limit: number): ComputeError {
  return new ComputeError('body_too_large', `The body is larger than ${limit} bytes.`);
}

function rejectAborted(cause: unknown): never {
  throw invalidBody('ended before it was complete', cause);
}
