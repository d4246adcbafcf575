import { randomUUID } from 'node:crypto';
import { monotonicMs } from '../../src/clock.ts';
import { encodeBase64Url } from '../../src/http/base64.ts';
import type { CacheKey } from '../../src/traffic/cache/cache-key.ts';
import type { CacheStore } from '../../src/traffic/cache/cache-store.ts';
import { decodeEntry, encodeEntry } from './cache-entry.ts';
import type { RedisClient } from './client.ts';
import type { RedisConnection } from './connection.ts';

/** Larger bodies stay in the process that fetched them: on their way they would hold up what the others send. */
const MAX_BODY_BYTES = 2 * 1024 * 1024;

/** Milliseconds after which a claim whose owner has died, or is very slow, is free for others. */
const LOCK_TTL_MS = 5_000;

const RELEASE = `
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0`;

/** The part of Redis's memory up to which responses are cached; the rest is for limits, versions and events. */
const MEMORY_SHARE = 0.5;
/** Of it, what one project may have; and without `maxmemory`, bytes. */
const PROJECT_SHARE = 0.125;
const MAX_ENTRIES = 1_000;
/** What Redis needs beside the response itself, bytes. */
const ENTRY_OVERHEAD_BYTES = 300;
const MAX_PROJECT_BYTES = 16 * 1024 * 1024;

/**
 * Keys: the response, the project's index (by expiry: name and bytes). Arguments: the response, milliseconds, its name. What would
 * end next makes room within the project; what finds none in Redis is not kept.
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

interface Scripts {
  linguanovaRelease(key: string, owner: string): Promise<number>;
  linguanovaKeep(
    key: string,
    index: string,
    bytes: Buffer,
    milliseconds: number,
    digest: string,
    prefix: string,
  ): Promise<number>;
}

/** Lets go of a key that is this owner's. */
export function releaseScript(client: RedisClient): Scripts {
  client.defineCommand('linguanovaRelease', { numberOfKeys: 1, lua: RELEASE });
  client.defineCommand('linguanovaKeep', { numberOfKeys: 2, lua: STORE });
  // defineCommand has just put it there; its types cannot say so.
  return client as unknown as Scripts;
}

/** Answers in Redis: `linguanova:cache:{<project>}:<digest>`, and the claims to fetch them. */
export function redisCacheStore(link: RedisConnection, now: () => number = monotonicMs): CacheStore {
  const { client } = link;
  const scripts = releaseScript(client);
  return {
    async read(key) {
      if (!link.available) return null;
      const name = await keyOf(key);
      const asked = now();
      // The life that is left first: of an entry that is replaced in between, the age is then never told too low.
      const answers = link.runBestEffort(() => Promise.all([client.pttl(name), client.getBuffer(name)]));
      const [left, bytes] = await answers.catch((): [number, null] => [0, null]);
      return bytes === null || left <= 0 ? null : decodeEntry(bytes, left, asked);
    },

    async write(key, answer, milliseconds) {
      const left = answer.generatedAt + milliseconds - now();
      if (!link.available || answer.body.length > MAX_BODY_BYTES || left < 1) return;
      const name = await keyOf(key);
      const bytes = encodeEntry(answer, milliseconds);
      const digest = name.slice(prefixOf(key).length);
      const index = `linguanova:cached:{${key.projectId}}`;
      await link
        .runBestEffort(() =>
          scripts.linguanovaKeep(name, index, bytes, Math.floor(left), digest, prefixOf(key)),
        )
        .catch(() => {});
    },

    async remove(key) {
      if (!link.available) return;
      const name = await keyOf(key);
      await link.runBestEffort(() => client.del(name)).catch(() => {});
    },

    async tryLock(key, version) {
      if (!link.available) return async () => {};
      const name = `${await keyOf(key)}:claim:${version}`;
      const owner = randomUUID();
      // When Redis cannot tell, nobody waits for nobody.
      const claimed = await link
        .run(() => client.set(name, owner, 'PX', LOCK_TTL_MS, 'NX'))
        .catch(() => 'OK' as const);
      if (claimed === null) return null;
      return async () => {
        await link.runBestEffort(() => scripts.linguanovaRelease(name, owner)).catch(() => {});
      };
    },
  };
}

async function keyOf(key: CacheKey): Promise<string> {
  const digest = encodeBase64Url(await key.digest());
  return prefixOf(key) + digest;
}

function prefixOf({ projectId }: CacheKey): string {
  return `linguanova:cache:{${projectId}}:`;
}
