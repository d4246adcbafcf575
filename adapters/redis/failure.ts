/** Redis did not carry out a command. The message holds no address and no secret. */
export class RedisFailure extends Error {
  readonly reason: FailureReason;

  constructor(reason: FailureReason, options?: ErrorOptions) {
    super(`Redis: ${reason}`, options);
    this.name = 'RedisFailure';
    this.reason = reason;
  }
}

/** Few enough to be a label of a metric. */
export type FailureReason =
  | 'lost'
  | 'timeout'
  | 'unreachable'
  | 'full'
  | 'read_only'
  | 'loading'
  | 'unauthorized'
  | 'refused';

const REPLIES: readonly (readonly [RegExp, FailureReason])[] = [
  [/^OOM/, 'full'],
  [/^(READONLY|MASTERDOWN|NOREPLICAS)/, 'read_only'],
  [/^(LOADING|BUSY|TRYAGAIN|CLUSTERDOWN)/, 'loading'],
  // Also where ioredis quotes it: "Ready check failed: NOAUTH ...".
  [/\b(NOAUTH|WRONGPASS)\b/, 'unauthorized'],
  [/^(NOPERM|MISCONF|ERR|WRONGTYPE)/, 'refused'],
];

/** What an error of ioredis says; whatever is no answer of Redis is a connection that is not there. */
export function toRedisFailure(error: unknown): RedisFailure {
  if (error instanceof RedisFailure) return error;
  // A script names itself before it quotes the command that failed in it.
  const message = error instanceof Error ? error.message.replace(/^.*?-(?=OOM|READONLY)/, '') : '';
  const reason = REPLIES.find(([pattern]) => pattern.test(message))?.[1] ?? 'unreachable';
  return new RedisFailure(reason, { cause: error });
}
