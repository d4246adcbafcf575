import pino from 'pino';
import type { LogFields, Logger } from '../../src/telemetry/logger.ts';

/** Structured lines on standard error; standard output is for what a person asked for. */
export function pinoLogger(level: string): Logger {
  return wrap(pino({ level, base: null, timestamp: pino.stdTimeFunctions.isoTime }, pino.destination(2)));
}

function wrap(log: pino.Logger): Logger {
  return {
    info: (event, fields) => log.info({ ...fields }, event),
    warn: (event, fields, error) => log.warn(withError(fields, error), event),
    error: (event, fields, error) => log.error(withError(fields, error), event),
    with: (fields) => wrap(log.child({ ...fields })),
  };
}

function withError(fields: LogFields | undefined, error: unknown): Record<string, unknown> {
  return { ...fields, ...(error === undefined ? {} : { error: causes(error).join(' <- ') }) };
}

/** The messages of an error and all that caused it: no objects, which may hold what must not be logged. */
function causes(error: unknown): string[] {
  const messages: string[] = [];
  for (let current = error; current !== undefined && messages.length < 10; ) {
    messages.push(current instanceof Error ? `${current.name}: ${current.message}` : String(current));
    current = current instanceof Error ? current.cause : undefined;
  }
  // Without a cause it is a defect of the gateway, and where it happened is all there is to go by.
  if (error instanceof Error && error.cause === undefined && error.stack !== undefined)
    messages[0] = error.stack;
  return messages;
}
