/**
 * An answer as bytes: a byte with the format's number, four with the length of the header, the header in JSON, the body.
 *
 * @module
 */

import * as z from 'zod';
import type { CachedResponse } from '../../src/traffic/cache/cache-store.ts';

/** To be raised with every change of the format: gateways of two versions may share a Redis. */
const FORMAT_VERSION = 2;
const PREFIX_BYTES = 5;

const Header = z.object({
  version: z.int(),
  headers: z.record(z.string(), z.string()),
  etag: z.string(),
  freshnessLifetime: z.number(),
  /** Milliseconds that it is kept in all, from when the cloud told it. */
  life: z.number(),
});

export function encodeEntry(answer: CachedResponse, life: number): Buffer {
  const { body, generatedAt: _, ...rest } = answer;
  const header = Buffer.from(JSON.stringify({ ...rest, life } satisfies z.infer<typeof Header>));
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt8(FORMAT_VERSION);
  prefix.writeUInt32BE(header.length, 1);
  return Buffer.concat([prefix, header, body]);
}

/**
 * @param left Milliseconds of its life that are left. Its age is told from these, by Redis's clock alone: the clocks of gateways
 *   differ.
 * @param now Monotonic milliseconds.
 * @returns null for what was written in another format, or by somebody else.
 */
export function decodeEntry(bytes: Buffer, left: number, now: number): CachedResponse | null {
  if (bytes.length < PREFIX_BYTES || bytes.readUInt8() !== FORMAT_VERSION) return null;
  const end = PREFIX_BYTES + bytes.readUInt32BE(1);
  const header = Header.safeParse(parsed(bytes.subarray(PREFIX_BYTES, end).toString()));
  if (!header.success || end > bytes.length) return null;
  const { life, ...rest } = header.data;
  // A copy: the bytes may be a part of a larger buffer, which would be kept with them.
  return { ...rest, body: Uint8Array.from(bytes.subarray(end)), generatedAt: now - (life - left) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
