import type { LogEvent } from './log-events.ts';

/** Plain data; the field names are the log's schema. Never a key, a token, a password or a body. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/** One structured line per event; `error` is written with its causes. */
export interface Logger {
  info(event: LogEvent<'info'>, fields?: LogFields): void;
  warn(event: LogEvent<'warn'>, fields?: LogFields, error?: unknown): void;
  error(event: LogEvent<'error'>, fields?: LogFields, error?: unknown): void;
  /** The same log with `fields` on every line. */
  with(fields: LogFields): Logger;
}
