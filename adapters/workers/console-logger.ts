import { wallTime } from '../../src/clock.ts';
import { errorMessages } from '../../src/telemetry/causes.ts';
import type { LogFields, Logger } from '../../src/telemetry/logger.ts';

const LEVELS = ['debug', 'info', 'warn', 'error', 'silent'];

/** One line of JSON per event to the console, which Workers Logs and `wrangler tail` read. */
export function consoleLogger(level: string, base: LogFields = {}): Logger {
  const lowest = LEVELS.indexOf(level);
  const write =
    (name: 'info' | 'warn' | 'error') =>
    (event: string, fields?: LogFields, error?: unknown): void => {
      if (LEVELS.indexOf(name) < lowest) return;
      const cause = error === undefined ? {} : { error: errorMessages(error).join(' <- ') };
      const time = wallTime();
      console[name](JSON.stringify({ level: name, time, ...base, ...fields, ...cause, msg: event }));
    };
  return {
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    with: (fields) => consoleLogger(level, { ...base, ...fields }),
  };
}
