import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import { monotonicMs } from '../../src/clock.ts';
import { encodeBase64Url } from '../../src/http/base64.ts';
import type { CacheKey } from '../../src/traffic/cache/cache-key.ts';
import type { CachedResponse, CacheStore } from '../../src/traffic/cache/cache-store.ts';
import { defineScripts, parseJson, type RedisClient } from './client.ts';
import type { RedisConnection } from './connection.ts';

/** Larger bodies are cached in process only, as they would delay other commands on the connection. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;
const LOCK_TTL_MS = 5_000;
/** Share of Redis's memory up to which responses are cached; the rest is for limits, versions and events. */
const MEMORY_SHARE = 0.5;
const PROJECT_SHARE = 0.125;
/** One project's bound if Redis has no `maxmemory`. */
const MAX_PROJECT_BYTES = 16 * 1024 * 1024;
const MAX_ENTRIES = 1_000;
/** Memory of an entry in addition to its bytes. */
const ENTRY_OVERHEAD_BYTES = 300;

/** Deletes a lock if this owner holds it. */
const RELEASE = `
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0`;

/**
 * Stores a response, evicting those of the project that expire next; does nothing if Redis has no room. Keys: the response, the
 * project's index (name and bytes, by expiry). Arguments: the response, its TTL in ms, its name, the prefix of names.
 */
const STORE = `
local t = redis.call('time')
local now = t[1] * 1000 + math.floor(t[2] / 1000)
local info = redis.call('info', 'memory')
local used = tonumber(string.match(info, 'used_memory:(%d+)'))
local most = tonumber(string.match(info, 'maxmemory:(%d+)') or '0')
local bytes = #ARGV[1] + ${ENTRY_OVERHEAD_BYTES}
if most > 0 and used + bytes > most * ${MEMORY_SHARE} then return 0 end
local room = most > 0 and most * ${PROJECT_SHARE} or ${MAX_PROJECT_BYTES}
if bytes > room then return 0 end
redis.call('zremrangebyscore', KEYS[2], '-inf', now)
local all = redis.call('zrange', KEYS[2], 0, -1)
local sum = bytes
for i = 1, #all do
  local name, size = string.match(all[i], '^(.*) (%d+)$')
  if name == ARGV[3] then redis.call('zrem', KEYS[2], all[i]) else sum = sum + tonumber(size) end
end
for i = 1, #all do
  if sum <= room and #all < ${MAX_ENTRIES} then break end
  local name, size = string.match(all[i], '^(.*) (%d+)$')
  if name ~= ARGV[3] then
    redis.call('del', ARGV[4] .. name)
    redis.call('zrem', KEYS[2], all[i])
    sum = sum - tonumber(size)
    if sum <= room then break end
  end
end
redis.call('set', KEYS[1], ARGV[1], 'px', ARGV[2])
redis.call('zadd', KEYS[2], now + ARGV[2], ARGV[3] .. ' ' .. string.format('%.0f', bytes))
if redis.call('pttl', KEYS[2]) < tonumber(ARGV[2]) then redis.call('pexpire', KEYS[2], ARGV[2]) end
return 1`;

interface StoreScript {
  linguanovaKeep(
    key: string,
    index: string,
    bytes: Buffer,
    ttlMs: number,
    digest: string,
    prefix: string,
  ): Promise<number>;
}

interface ReleaseScript {
  linguanovaRelease(key: string, owner: string): Promise<number>;
}

export function releaseScript(client: RedisClient): ReleaseScript {
  return defineScripts<ReleaseScript>(client, 1, { linguanovaRelease: RELEASE });
}

/** Cached responses in Redis, `linguanova:cache:{<region>/<project>}:<digest>`, and the locks of their fetches. */
export function redisCacheStore(connection: RedisConnection, now: () => number = monotonicMs): CacheStore {
  const { client } = connection;
  const scripts = defineScripts<StoreScript>(client, 2, { linguanovaKeep: STORE });
  const locks = releaseScript(client);
  return {
    async read(key) {
      if (!connection.available) return null;
      const name = await keyOf(key);
      const readAt = now();
      // The TTL first: if the entry is replaced in between, its age is overestimated rather than underestimated.
      const replies = connection.runBestEffort(() =>
        Promise.all([client.pttl(name), client.getBuffer(name)]),
      );
      const [ttlMs, bytes] = await replies.catch((): [number, null] => [0, null]);
      return bytes === null || ttlMs <= 0 ? null : decodeEntry(bytes, ttlMs, readAt);
    },

    async write(key, response, lifetimeMs) {
      const ttlMs = response.generatedAt + lifetimeMs - now();
      if (!connection.available || response.body.length > MAX_BODY_BYTES || ttlMs < 1) return;
      const name = await keyOf(key);
      const bytes = encodeEntry(response, lifetimeMs);
      const prefix = prefixOf(key);
      const index = `linguanova:cached:{${key.tenant}}`;
      const digest = name.slice(prefix.length);
      await connection
        .runBestEffort(() => scripts.linguanovaKeep(name, index, bytes, Math.floor(ttlMs), digest, prefix))
        .catch(() => {});
    },

    async remove(key) {
      if (!connection.available) return;
      const name = await keyOf(key);
      await connection.runBestEffort(() => client.del(name)).catch(() => {});
    },

    async tryLock(key, version) {
      if (!connection.available) return async () => {};
      const name = `${await keyOf(key)}:claim:${version}`;
      const owner = randomUUID();
      // While Redis is down, every node fetches for itself.
      const locked = await connection
        .run(() => client.set(name, owner, 'PX', LOCK_TTL_MS, 'NX'))
        .catch(() => 'OK' as const);
      if (locked === null) return null;
      return async () => {
        await connection.runBestEffort(() => locks.linguanovaRelease(name, owner)).catch(() => {});
      };
    },
  };
}

async function keyOf(key: CacheKey): Promise<string> {
  return prefixOf(key) + encodeBase64Url(await key.digest());
}

function prefixOf({ tenant }: CacheKey): string {
  return `linguanova:cache:{${tenant}}:`;
}

/** To be increased with every change of the format, since gateways of two releases may share a Redis. */
const FORMAT_VERSION = 3;
const PREFIX_BYTES = 5;

const Header = z.object({
  version: z.int(),
  headers: z.record(z.string(), z.string()),
  etag: z.string(),
  freshnessLifetimeMs: z.number(),
  /** TTL in ms, counted from when the origin generated the response. */
  lifetimeMs: z.number(),
});

/** Layout: a byte with the format version, four with the length of the header, the header in JSON, the body. */
export function encodeEntry(response: CachedResponse, lifetimeMs: number): Buffer {
  const { body, generatedAt: _, ...rest } = response;
  const header = Buffer.from(JSON.stringify({ ...rest, lifetimeMs } satisfies z.infer<typeof Header>));
  const prefix = Buffer.alloc(PREFIX_BYTES);
  prefix.writeUInt8(FORMAT_VERSION);
  prefix.writeUInt32BE(header.length, 1);
  return Buffer.concat([prefix, header, body]);
}

/**
 * @param ttlMs Its remaining TTL. The age follows from it by Redis's clock alone, since the clocks of gateways differ.
 * @param now Monotonic milliseconds.
 * @returns null for any other format.
 */
export function decodeEntry(bytes: Buffer, ttlMs: number, now: number): CachedResponse | null {
  if (bytes.length < PREFIX_BYTES || bytes.readUInt8() !== FORMAT_VERSION) return null;
  const end = PREFIX_BYTES + bytes.readUInt32BE(1);
  const header = Header.safeParse(parseJson(bytes.subarray(PREFIX_BYTES, end).toString()));
  if (!header.success || end > bytes.length) return null;
  const { lifetimeMs, ...rest } = header.data;
  // A copy, since the bytes may be part of a larger buffer, which would be retained.
  return { ...rest, body: Uint8Array.from(bytes.subarray(end)), generatedAt: now - (lifetimeMs - ttlMs) };
}
