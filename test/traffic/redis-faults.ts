import type { TestRedis } from '../support/redis.ts';

/** A failure of Redis and its end. */
export interface Fault {
  readonly name: string;
  /** In the gateway's log. */
  readonly reason: RegExp;
  begin(redis: TestRedis): unknown;
  end(redis: TestRedis): unknown;
}

export const FAULTS: readonly Fault[] = [
  {
    name: 'killed and restarted without data',
    reason: /^unreachable$/,
    begin: (redis) => redis.kill(),
    end: (redis) => redis.start(),
  },
  {
    name: 'suspended: connections stay open without a reply',
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
