import pino from 'pino';
import { causes } from '../../src/telemetry/causes.ts';
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
