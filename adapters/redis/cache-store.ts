import { randomUUID } from 'node:crypto';
import { monotonicMs } from '../../src/clock.ts';
import type { CacheKey } from '../../src/traffic/cache/cache-key.ts';
import type { CacheStore } from '../../src/traffic/cache/cache-store.ts';
import { readEntry, writeEntry } from './cache-entry.ts';
import type { RedisClient } from './client.ts';
import type { RedisLink } from './link.ts';

/** Larger bodies stay in the process that fetched them: on their way they would hold up what the others send. */
const LARGEST = 2 * 1024 * 1024;

/** Milliseconds after which a claim whose owner has died, or is very slow, is free for others. */
const CLAIM_LIFE = 5_000;

const RELEASE = `
if redis.call('get', KEYS[1]) == ARGV[1] then return redis.call('del', KEYS[1]) end
return 0`;

interface Scripts {
  linguanovaRelease(key: string, owner: string): Promise<number>;
}

/** Lets go of a key that is this owner's. */
export function releaseScript(client: RedisClient): Scripts {
  client.defineCommand('linguanovaRelease', { numberOfKeys: 1, lua: RELEASE });
  // defineCommand has just put it there; its types cannot say so.
  return client as unknown as Scripts;
}

/** Answers in Redis: `linguanova:cache:{<project>}:<digest>`, and the claims to fetch them. */
export function redisCacheStore(link: RedisLink, now: () => number = monotonicMs): CacheStore {
  const { client } = link;
  const scripts = releaseScript(client);
  return {
    async read(key) {
      if (!link.available) return null;
      const name = await nameOf(key);
      const asked = now();
      // The life that is left first: of an entry that is replaced in between, the age is then never told too low.
      const answers = link.run(() => Promise.all([client.pttl(name), client.getBuffer(name)]));
      const [left, bytes] = await answers.catch((): [number, null] => [0, null]);
      return bytes === null || left <= 0 ? null : readEntry(bytes, left, asked);
    },

    async write(key, answer, milliseconds) {
      const left = answer.asOf + milliseconds - now();
      if (!link.available || answer.body.length > LARGEST || left < 1) return;
      const name = await nameOf(key);
      const bytes = writeEntry(answer, milliseconds);
      await link.run(() => client.set(name, bytes, 'PX', Math.floor(left))).catch(() => {});
    },

    async remove(key) {
      if (!link.available) return;
      const name = await nameOf(key);
      await link.run(() => client.del(name)).catch(() => {});
    },

    async claim(key, version) {
      if (!link.available) return async () => {};
      const name = `${await nameOf(key)}:claim:${version}`;
      const owner = randomUUID();
      // When Redis cannot tell, nobody waits for nobody.
      const claimed = await link
        .run(() => client.set(name, owner, 'PX', CLAIM_LIFE, 'NX'))
        .catch(() => 'OK' as const);
      if (claimed === null) return null;
      return async () => {
        await link.run(() => scripts.linguanovaRelease(name, owner)).catch(() => {});
      };
    },
  };
}

async function nameOf(key: CacheKey): Promise<string> {
  const digest = Buffer.from(await key.digest()).toString('base64url');
  return `linguanova:cache:{${key.projectId}}:${digest}`;
}
