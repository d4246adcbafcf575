import { constants, fstatSync, openSync, writeSync } from 'node:fs';
import { isatty } from 'node:tty';

/** What waits for a slow reader at most, in bytes: as much as a pipe itself holds. */
const QUEUE_BYTES = 65_536;
const RETRY_MS = 20;
/** How long the end of the process waits for a slow reader, and how often it tries in that time. */
const EXIT_TIMEOUT_MS = 250;
const EXIT_RETRY_MS = 5;

/** Why lines were dropped: their reader does not read, has ended, or the file cannot be written. */
export type DropReason = 'stalled' | 'closed' | 'failed';

const NEWLINE = 0x0a;

/**
 * Lines on standard output or standard error that never block the event loop: the descriptor is non-blocking, a bounded queue
 * waits for a slow reader, and whole lines beyond it are dropped.
 */
export class LineOutput {
  readonly #fd: number;
  readonly #onDrop: (lines: number, reason: DropReason) => void;
  /** Whole lines each, but for the first: its beginning may have been written. */
  #queue: Buffer[] = [];
  #queuedBytes = 0;
  #isMidLine = false;
  #timer: NodeJS.Timeout | null = null;

  constructor(fd: 1 | 2, onDrop: (lines: number, reason: DropReason) => void = () => {}) {
    this.#fd = nonBlocking(fd);
    this.#onDrop = onDrop;
  }

  /** @param lines One or more whole lines. */
  write(lines: string): void {
    const bytes = Buffer.from(lines);
    if (this.#queuedBytes > 0) this.#drain();
    const mustWait = this.#queuedBytes > 0;
    if (mustWait && this.#queuedBytes + bytes.length > QUEUE_BYTES) {
      this.#onDrop(linesIn(bytes), 'stalled');
      return;
    }
    this.#queue.push(bytes);
    this.#queuedBytes += bytes.length;
    if (!mustWait) this.#drain();
  }

  /** To be called when the process ends. Blocks for a slow reader, for a bounded time. */
  drainAtExit(): void {
    const sleeper = new Int32Array(new SharedArrayBuffer(4));
    for (let waited = 0; waited <= EXIT_TIMEOUT_MS; waited += EXIT_RETRY_MS) {
      if (this.#queuedBytes === 0) return;
      this.#drain();
      if (this.#timer === null) return;
      clearTimeout(this.#timer);
      this.#timer = null;
      Atomics.wait(sleeper, 0, 0, EXIT_RETRY_MS);
    }
  }

  #drain(): void {
    for (let first = this.#queue[0]; first !== undefined; first = this.#queue[0]) {
      try {
        this.#written(first, writeSync(this.#fd, first));
      } catch (error) {
        const code = error instanceof Error && 'code' in error ? error.code : null;
        if (code === 'EAGAIN') this.#timer ??= this.#retryLater();
        else this.#drop(code === 'EPIPE' ? 'closed' : 'failed');
        return;
      }
    }
  }

  #written(first: Buffer, length: number): void {
    this.#queuedBytes -= length;
    this.#isMidLine = first[length - 1] !== NEWLINE;
    if (length === first.length) this.#queue.shift();
    else this.#queue[0] = first.subarray(length);
  }

  #retryLater(): NodeJS.Timeout {
    return setTimeout(() => {
      this.#timer = null;
      this.#drain();
    }, RETRY_MS).unref();
  }

  /** Drops the queue. A file keeps the rest of a line that it has the beginning of; the next reader of a pipe begins with a line. */
  #drop(reason: DropReason): void {
    const queued = Buffer.concat(this.#queue);
    const remainder = this.#isMidLine && reason === 'failed' ? queued.indexOf(NEWLINE) + 1 : 0;
    this.#queue = remainder === 0 ? [] : [queued.subarray(0, remainder)];
    this.#queuedBytes = remainder;
    if (remainder === 0) this.#isMidLine = false;
    const lines = linesIn(queued.subarray(remainder));
    if (lines > 0) this.#onDrop(lines, reason);
  }
}

function linesIn(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(NEWLINE); at !== -1; at = bytes.indexOf(NEWLINE, at + 1)) count += 1;
  return count;
}

/** A descriptor for the same output whose writes fail with EAGAIN instead of blocking. Files never block for a reader. */
function nonBlocking(fd: 1 | 2): number {
  if (isatty(fd)) return terminal(fd);
  const about = fstatSync(fd);
  if (about.isFIFO() || about.isSocket()) {
    // Node makes pipes and sockets non-blocking when their stream is first used.
    void (fd === 1 ? process.stdout : process.stderr);
  }
  return fd;
}

/** The terminal opened again: O_NONBLOCK on the descriptor itself would also hold for the shell that shares it. */
function terminal(fd: 1 | 2): number {
  try {
    const { O_WRONLY, O_NONBLOCK, O_NOCTTY } = constants;
    return openSync(`/dev/fd/${fd}`, O_WRONLY | O_NONBLOCK | O_NOCTTY);
  } catch {
    return fd;
  }
}
