/** Plain data only; the field names are the log's schema. Never a key, a token, a password or a body. */
export type LogFields = Readonly<Record<string, string | number | boolean | null | undefined>>;

/**
 * Where the gateway writes what happened. One line per event, structured; `error` is written with its causes.
 */
export interface Logger {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields, error?: unknown): void;
  error(event: string, fields?: LogFields, error?: unknown): void;
  /** The same log with `fields` on every line. */
  with(fields: LogFields): Logger;
}
