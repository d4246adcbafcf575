import * as z from 'zod';
import { withTimeout } from '../../src/async.ts';
import { monotonicMs, wallMs } from '../../src/clock.ts';
import type { CacheKey } from '../../src/traffic/cache/cache-key.ts';
import type { CachedResponse, CacheStore } from '../../src/traffic/cache/cache-store.ts';

/** The part of `caches.default` used here: the cache of one Cloudflare data center (colo). */
export interface ColoCache {
  match(url: string): Promise<Response | undefined>;
  put(url: string, response: Response): Promise<void>;
  delete(url: string): Promise<boolean>;
}

export interface KeyValueStore {
  getWithMetadata(
    key: string,
    type: 'arrayBuffer',
  ): Promise<{ readonly value: ArrayBuffer | null; readonly metadata: unknown }>;
  put(key: string, value: ArrayBuffer, options: { metadata: object; expirationTtl: number }): Promise<void>;
  delete(key: string): Promise<void>;
}

const STORE_TIMEOUT_MS = 500;
const MAX_BODY_BYTES = 4 * 1024 * 1024;
/** KV's minimum TTL, and the time it takes to propagate a write to other data centers. */
const MIN_KV_TTL_MS = 60_000;
/** Maximum clock difference between machines. */
const CLOCK_SKEW_MS = 1_000;
const METADATA_HEADER = 'x-linguanova';

const Metadata = z.object({
  headers: z.record(z.string(), z.string()),
  etag: z.string(),
  /** Epoch ms, the only clock that isolates share. */
  asOf: z.number(),
  freshnessLifetimeMs: z.number(),
  version: z.int(),
});

/**
 * Shares responses between the isolates of a data center in its cache, and slow-changing ones between data centers in KV. An entry of
 * KV is used only if it is newer than the project's last local change.
 *
 * @param kv null: data centers share nothing.
 * @param timeoutMs For tests.
 */
export function coloStore(
  cache: ColoCache,
  kv: KeyValueStore | null,
  timeoutMs: number = STORE_TIMEOUT_MS,
): CacheStore {
  /** A store that fails or times out counts as empty. */
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
    // A version is the time of its change in microseconds.
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
    write: (key, response, ttlMs) =>
      attempt(undefined, async () => {
        const { body, generatedAt: asOf, ...rest } = response;
        const metadata = { ...rest, asOf: asOf + wallMs() - monotonicMs() };
        if (body.byteLength > MAX_BODY_BYTES) return;
        const headers = {
          'Cache-Control': `max-age=${Math.ceil(ttlMs / 1_000)}`,
          'Content-Type': response.headers['content-type'] ?? '',
          [METADATA_HEADER]: encodeURIComponent(JSON.stringify(metadata)),
        };
        await cache.put(await urlOf(key), new Response(body, { headers }));
        if (kv === null || response.freshnessLifetimeMs < MIN_KV_TTL_MS) return;
        const expirationTtl = Math.ceil(Math.max(ttlMs, MIN_KV_TTL_MS) / 1_000);
        await kv.put(await entryName(key), body.buffer, { metadata, expirationTtl });
      }),
    remove: (key) =>
      attempt(undefined, async () => {
        await cache.delete(await urlOf(key));
        await kv?.delete(await entryName(key));
      }),
    // Neither store has a compare-and-set, so each isolate fetches for itself.
    tryLock: async () => async () => {},
  };
}

/** Converts the time of generation to this isolate's monotonic clock. */
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

/** A digest, so that the name reveals neither tenant nor path. */
async function entryName(key: CacheKey): Promise<string> {
  return `answer/${Array.from(await key.digest(), (byte) => byte.toString(16).padStart(2, '0')).join('')}`;
}

async function urlOf(key: CacheKey): Promise<string> {
  return `https://linguanova.invalid/${await entryName(key)}`;
}
