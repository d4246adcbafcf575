import * as z from 'zod';
import { withTimeout } from '../../src/async.ts';
import { monotonicMs, wallMs } from '../../src/clock.ts';
import type { CacheKey } from '../../src/traffic/cache/cache-key.ts';
import type { CachedResponse, CacheStore } from '../../src/traffic/cache/cache-store.ts';

/** What is used of `caches.default`: the cache of one place, a Cloudflare data centre. */
export interface ColoCache {
  match(url: string): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<void>;
  delete(url: string): Promise<boolean>;
}

/** What is used of a binding to Workers KV. */
export interface KeyValueStore {
  getWithMetadata(
    key: string,
    type: 'arrayBuffer',
  ): Promise<{ readonly value: ArrayBuffer | null; readonly metadata: unknown }>;
  put(key: string, value: ArrayBuffer, options: { metadata: object; expirationTtl: number }): Promise<void>;
  delete(key: string): Promise<void>;
}

/** Milliseconds that a store may take. */
const STORE_TIMEOUT_MS = 500;
/** The largest body that is passed around, bytes. */
const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** KV keeps nothing for less, and takes as long to tell other places of what is new; milliseconds. */
const MIN_KV_TTL_MS = 60_000;
/** Clocks of machines may differ by so much, milliseconds. */
const CLOCK_SKEW_MS = 1_000;
const METADATA_HEADER = 'x-linguanova';

const Metadata = z.object({
  headers: z.record(z.string(), z.string()),
  etag: z.string(),
  /** Epoch milliseconds: isolates have no other clock in common. */
  asOf: z.number(),
  freshnessLifetime: z.number(),
  version: z.int(),
});

/**
 * Answers shared by the isolates of a place, in its cache; and those that hardly ever change by all places, in KV. What another
 * place has put into KV is used when the cloud told it after the last change that was made here.
 *
 * @param kv null: nothing is shared between places.
 * @param timeoutMs For tests.
 */
export function coloStore(
  cache: ColoCache,
  kv: KeyValueStore | null,
  timeoutMs: number = STORE_TIMEOUT_MS,
): CacheStore {
  /** Nobody depends on it: what fails, or takes too long, was not there. */
  function attempt<Result>(otherwise: Result, work: () => Promise<Result>): Promise<Result> {
    return withTimeout(work(), timeoutMs, () => otherwise).catch(() => otherwise);
  }

  async function inColo(key: CacheKey): Promise<CachedResponse | null> {
    const found = await cache.match(await urlOf(key));
    if (found === undefined) return null;
    const metadata = metadataIn(found.headers.get(METADATA_HEADER));
    return metadata && responseFrom(metadata, new Uint8Array(await found.arrayBuffer()));
  }

  async function inKv(key: CacheKey, version: number): Promise<CachedResponse | null> {
    if (kv === null) return null;
    const { value, metadata } = await kv.getWithMetadata(await entryName(key), 'arrayBuffer');
    const stored = Metadata.safeParse(metadata).data;
    if (value === null || stored === undefined) return null;
    // A version's number is when it began, in microseconds (colo-versions.ts).
    return stored.asOf - CLOCK_SKEW_MS > version / 1_000
      ? responseFrom({ ...stored, version }, new Uint8Array(value))
      : null;
  }

  return {
    read: (key, { version, lifetimeMs }) =>
      attempt(null, async () => {
        const found = await inColo(key);
        const isUsable = found !== null && found.version === version;
        return isUsable || lifetimeMs < MIN_KV_TTL_MS ? found : ((await inKv(key, version)) ?? found);
      }),
    write: (key, answer, milliseconds) =>
      attempt(undefined, async () => {
        const { body, generatedAt: asOf, ...rest } = answer;
        const metadata = { ...rest, asOf: asOf + wallMs() - monotonicMs() };
        if (body.byteLength > MAX_BODY_BYTES) return;
        const headers = {
          'Cache-Control': `max-age=${Math.ceil(milliseconds / 1_000)}`,
          'Content-Type': answer.headers['content-type'] ?? '',
          [METADATA_HEADER]: encodeURIComponent(JSON.stringify(metadata)),
        };
        await cache.put(await urlOf(key), new Response(body, { headers }));
        if (kv === null || answer.freshnessLifetime < MIN_KV_TTL_MS) return;
        const expirationTtl = Math.ceil(Math.max(milliseconds, MIN_KV_TTL_MS) / 1_000);
        await kv.put(await entryName(key), body.buffer, { metadata, expirationTtl });
      }),
    remove: (key) =>
      attempt(undefined, async () => {
        await cache.delete(await urlOf(key));
        await kv?.delete(await entryName(key));
      }),
    // Neither store can tell who was first, so each isolate fetches for itself.
    tryLock: async () => async () => {},
  };
}

/** With its instant on this isolate's monotonic clock. */
function responseFrom(metadata: z.infer<typeof Metadata>, body: Uint8Array<ArrayBuffer>): CachedResponse {
  return { ...metadata, body, generatedAt: metadata.asOf - wallMs() + monotonicMs() };
}

function metadataIn(header: string | null) {
  try {
    return Metadata.safeParse(JSON.parse(decodeURIComponent(header ?? ''))).data ?? null;
  } catch {
    return null;
  }
}

/** Nothing of whose the answer is can be read from it. */
async function entryName(key: CacheKey): Promise<string> {
  return `answer/${Array.from(await key.digest(), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

async function urlOf(key: CacheKey): Promise<string> {
  return `https://linguanova.invalid/${await entryName(key)}`;
}
