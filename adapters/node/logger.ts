import pino from 'pino';
import { wallMs } from '../../src/clock.ts';
import { errorMessages } from '../../src/telemetry/causes.ts';
import type { LogFields, Logger } from '../../src/telemetry/logger.ts';
import { type DropReason, LineOutput } from './line-output.ts';

/** Lines are written together: when they are so long, in characters, or after so many milliseconds. */
const BATCH_LENGTH = 16_384;
const BATCH_MILLISECONDS = 100;

/**
 * Structured lines on standard error; standard output is for what a person asked for.
 *
 * Lines of requests are written together, since a system call for each is a third of what a cached answer costs. Warnings and
 * errors are written at once, with all before them. The end of the process, an uncaught error included, loses none that their
 * reader takes; `kill -9` loses those of the last tenth of a second.
 *
 * @param onDrop Called with the number of lines that were dropped because their reader has stalled or ended.
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

/** Gathers lines and hands them on as one. */
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

let lastTime = { at: 0, text: '' };

/** As pino takes it, a part of the line. Under load many lines are of one millisecond, and printing it is a good part of each. */
function timestamp(): string {
  const at = wallMs();
  if (at !== lastTime.at) lastTime = { at, text: `,"time":"${new Date(at).toISOString()}"` };
  return lastTime.text;
}

/**
 * Lines of `info` are printed here, in pino's form: they are one for each request, of few and plain fields, and pino takes twice
 * as long. The fields of `with` are printed when they are first needed, not for each line; a child of pino's for each request costs
 * more than its one line.
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
    this.#lines.write(`{"level":30${timestamp()}${printed(this.#all(fields))},"msg":${quoted(event)}}\n`);
  }

  warn(event: string, fields?: LogFields, error?: unknown): void {
    this.#pino.warn(this.#all(withError(fields, error)), event);
    this.#lines.flush();
  }

  error(event: string, fields?: LogFields, error?: unknown): void {
    this.#pino.error(this.#all(withError(fields, error)), event);
    this.#lines.flush();
  }

  with(fields: LogFields): Logger {
    return new PinoLogger(this.#pino, this.#lines, this, fields);
  }

  /** What is said last of a field holds. */
  #all(fields: LogFields = {}): LogFields {
    // The root says nothing of its own.
    return this.#outer === null ? fields : this.#outer.#all({ ...this.#own, ...fields });
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

/** What JSON has nothing to escape in, as nearly all that is logged. */
const PLAIN = /^[\x20\x21\x23-\x5b\x5d-\x7e]*$/;

function quoted(text: string): string {
  return PLAIN.test(text) ? `"${text}"` : JSON.stringify(text);
}

function withError(fields: LogFields | undefined, error: unknown): LogFields {
  return error === undefined ? (fields ?? {}) : { ...fields, error: errorMessages(error).join(' <- ') };
}
