import type { TestRedis } from '../support/redis.ts';

/** What can be wrong with Redis, and how it is mended. */
export interface Fault {
  readonly name: string;
  /** As the gateway logs it. */
  readonly reason: RegExp;
  begin(redis: TestRedis): unknown;
  end(redis: TestRedis): unknown;
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'killed, and started again without its memory',
    reason: /^unreachable$/,
    begin: (redis) => redis.kill(),
    end: (redis) => redis.start(),
  },
  {
    name: 'halted: connections stay open and nothing answers',
    reason: /^timeout$/,
    begin: (redis) => redis.signal('SIGSTOP'),
    end: (redis) => redis.signal('SIGCONT'),
  },
  {
    name: 'out of memory',
    reason: /^full$/,
    begin: (redis) => redis.command('config', 'set', 'maxmemory', '1mb'),
    end: (redis) => redis.command('config', 'set', 'maxmemory', '0'),
  },
  {
    name: 'a read-only replica',
    reason: /^read_only$/,
    begin: (redis) => redis.command('replicaof', '127.0.0.1', '1'),
    end: (redis) => redis.command('replicaof', 'no', 'one'),
  },
];
