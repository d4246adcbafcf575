import pino from 'pino';
import { wallMs } from '../../src/clock.ts';
import { errorMessages } from '../../src/telemetry/causes.ts';
import type { LogFields, Logger } from '../../src/telemetry/logger.ts';
import { type DropReason, LineOutput } from './line-output.ts';

/** A batch of lines is written at this length, in characters, or this age. */
const BATCH_LENGTH = 16_384;
const BATCH_AGE_MS = 100;

/**
 * Structured lines on standard error, in batches: a system call per line is a third of a cached response's cost. Warnings and errors
 * flush the batch. Only `kill -9` loses the last 100 ms.
 */
export function pinoLogger(level: string, onDrop?: (lines: number, reason: DropReason) => void): Logger {
  const output = new LineOutput(2, onDrop);
  const lines = new Batches(output);
  process.on('exit', () => {
    lines.flush();
    output.drainAtExit();
  });
  return new PinoLogger(pino({ level, base: null, timestamp }, lines), lines, null, {});
}

class Batches {
  readonly #destination: LineOutput;
  #lines: string[] = [];
  #length = 0;
  #timer: NodeJS.Timeout | null = null;

  constructor(destination: LineOutput) {
    this.#destination = destination;
  }

  write(line: string): void {
    this.#lines.push(line);
    this.#length += line.length;
    if (this.#length >= BATCH_LENGTH) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), BATCH_AGE_MS);
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

let lastTime = { at: 0, text: '' };

/** pino's `timestamp`; formatted once per millisecond. */
function timestamp(): string {
  const at = wallMs();
  if (at !== lastTime.at) lastTime = { at, text: `,"time":"${new Date(at).toISOString()}"` };
  return lastTime.text;
}

/**
 * Merges the fields of `with` into each line: a pino child per request would cost more than its only line. Lines of `info`, one per
 * request, are formatted here in pino's form: pino adds 9 % to the CPU of a cached list (`node bench/main.ts checkouts`, 2026-11-29).
 */
class PinoLogger implements Logger {
  readonly #pino: pino.Logger;
  readonly #lines: Batches;
  readonly #outer: PinoLogger | null;
  readonly #own: LogFields;

  constructor(log: pino.Logger, lines: Batches, outer: PinoLogger | null, own: LogFields) {
    this.#pino = log;
    this.#lines = lines;
    this.#outer = outer;
    this.#own = own;
  }

  info(event: string, fields?: LogFields): void {
    if (!this.#pino.isLevelEnabled('info')) return;
    const line = `{"level":30${timestamp()}${printed(this.#merged(fields))},"msg":${quoted(event)}}`;
    this.#lines.write(`${line}\n`);
  }

  warn(event: string, fields?: LogFields, error?: unknown): void {
    this.#pino.warn(this.#merged(withError(fields, error)), event);
    this.#lines.flush();
  }

  error(event: string, fields?: LogFields, error?: unknown): void {
    this.#pino.error(this.#merged(withError(fields, error)), event);
    this.#lines.flush();
  }

  with(fields: LogFields): Logger {
    return new PinoLogger(this.#pino, this.#lines, this, fields);
  }

  /** A later value of a field wins. */
  #merged(fields: LogFields = {}): LogFields {
    return this.#outer === null ? fields : this.#outer.#merged({ ...this.#own, ...fields });
  }
}

function printed(fields: LogFields): string {
  let text = '';
  for (const name in fields) {
    const value = fields[name];
    if (value === undefined) continue;
    text += `,"${name}":${typeof value === 'string' ? quoted(value) : JSON.stringify(value)}`;
  }
  return text;
}

/** Text that JSON does not escape. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

function withError(fields: LogFields | undefined, error: unknown): LogFields {
  return error === undefined ? (fields ?? {}) : { ...fields, error: errorMessages(error).join(' <- ') };
}
