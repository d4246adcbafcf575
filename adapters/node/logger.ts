import pino from 'pino';
import { causes } from '../../src/telemetry/causes.ts';
import type { LogFields, Logger } from '../../src/telemetry/logger.ts';

/** Lines are written together: when they are so long, in characters, or after so many milliseconds. */
const BATCH_LENGTH = 16_384;
const BATCH_MILLISECONDS = 100;

/**
 * Structured lines on standard error; standard output is for what a person asked for.
 *
 * Lines of requests are written together, since a system call for each is a third of what a cached answer costs. Warnings and
 * errors are written at once, with all before them. The end of the process, an uncaught error included, loses none; `kill -9`
 * loses those of the last tenth of a second.
 */
export function pinoLogger(level: string): Logger {
  const lines = new Batches(pino.destination({ dest: 2, sync: true }));
  process.on('exit', () => lines.flush());
  return new PinoLogger(pino({ level, base: null, timestamp }, lines), () => lines.flush(), {});
}

/** Gathers lines and hands them on as one. */
class Batches {
  readonly #destination: pino.DestinationStream;
  #lines: string[] = [];
  #length = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(destination: pino.DestinationStream) {
    this.#destination = destination;
  }

  write(line: string): void {
    this.#lines.push(line);
    this.#length += line.length;
    if (this.#length >= BATCH_LENGTH) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), BATCH_MILLISECONDS);
  }

  flush(): void {
    if (this.#timer !== null) clearTimeout(this.#timer);
    this.#timer = null;
    if (this.#length === 0) return;
    const text = this.#lines.join('');
    this.#lines = [];
    this.#length = 0;
    this.#destination.write(text);
  }
}

let printed = { at: 0, text: '' };

/** As pino takes it, a part of the line. Under load many lines are of one millisecond, and printing it is a good part of each. */
function timestamp(): string {
  const at = Date.now();
  if (at !== printed.at) printed = { at, text: `,"time":"${new Date(at).toISOString()}"` };
  return printed.text;
}

/** The fields of `with` are kept beside pino: a child of it for each request costs more than its one line. */
class PinoLogger implements Logger {
  readonly #pino: pino.Logger;
  readonly #flush: () => void;
  readonly #fields: LogFields;

  constructor(log: pino.Logger, flush: () => void, fields: LogFields) {
    this.#pino = log;
    this.#flush = flush;
    this.#fields = fields;
  }

  info(event: string, fields?: LogFields): void {
    this.#pino.info({ ...this.#fields, ...fields }, event);
  }

  warn(event: string, fields?: LogFields, error?: unknown): void {
    this.#pino.warn({ ...this.#fields, ...withError(fields, error) }, event);
    this.#flush();
  }

  error(event: string, fields?: LogFields, error?: unknown): void {
    this.#pino.error({ ...this.#fields, ...withError(fields, error) }, event);
    this.#flush();
  }

  with(fields: LogFields): Logger {
    return new PinoLogger(this.#pino, this.#flush, { ...this.#fields, ...fields });
  }
}

function withError(fields: LogFields | undefined, error: unknown): Record<string, unknown> {
  return { ...fields, ...(error === undefined ? {} : { error: causes(error).join(' <- ') }) };
}
