import { get, type IncomingMessage } from 'node:http';

/** A server-sent event as it came; `comment` for what is none. */
export interface StreamEvent {
  readonly event: string;
  readonly id: string | undefined;
  // biome-ignore lint/suspicious/noExplicitAny: the data of any event
  readonly data: any;
}

export interface ReadOptions {
  readonly path?: string;
  readonly lastEventId?: string;
}

/** Longest wait for something that must come, milliseconds. */
const PATIENCE = 60_000;

/** A subscriber with a connection of its own. */
export class EventReader {
  readonly response: IncomingMessage;
  /** All that came so far. */
  readonly events: StreamEvent[] = [];
  /** Comments that came so far. */
  comments = 0;
  #text = '';
  #isOver = false;
  #wake = () => {};

  private constructor(response: IncomingMessage) {
    this.response = response;
    response.setEncoding('utf8').on('data', (text: string) => this.#onData(text));
    response.on('close', () => {
      this.#isOver = true;
      this.#wake();
    });
    response.on('error', () => {});
  }

  /** Resolves with the response head, whatever its status. */
  static async open(
    url: string,
    key: string,
    { path = '/v1/events', lastEventId }: ReadOptions = {},
  ): Promise<EventReader> {
    const headers = {
      'x-api-key': key,
      ...(lastEventId !== undefined && { 'last-event-id': lastEventId }),
    };
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const request = get(url + path, { headers, agent: false }, resolve);
      request.on('error', reject);
    });
    return new EventReader(response);
  }

  get status(): number {
    return this.response.statusCode ?? 0;
  }

  get isOver(): boolean {
    return this.#isOver;
  }

  /** The first event after `from` that is as wanted. */
  async until(wanted: (event: StreamEvent) => boolean, from = 0): Promise<StreamEvent> {
    await this.#when(() => this.events.slice(from).some(wanted), 'an event');
    return this.events.slice(from).find(wanted) ?? this.events[0] ?? never();
  }

  async ended(): Promise<void> {
    await this.#when(() => this.#isOver, 'the end');
  }

  /** Goes away. */
  close(): void {
    this.response.destroy();
  }

  async #when(isSo: () => boolean, what: string): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    while (!isSo()) {
      const left = deadline - Date.now();
      if (left <= 0 || this.#isOver) {
        const seen = JSON.stringify(this.events.map(({ event, data }) => [event, data.instance?.state]));
        throw new Error(`waited in vain for ${what}${this.#isOver ? ', it is over' : ''}; ${seen}`);
      }
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, left);
        this.#wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  }

  #onData(text: string): void {
    const messages = (this.#text + text).split('\n\n');
    this.#text = messages.pop() ?? '';
    for (const message of messages) {
      const fields = new Map(
        message.split('\n').map((line) => [line.split(':', 1)[0], line.replace(/^\w*: ?/, '')]),
      );
      const event = fields.get('event');
      if (event === undefined) this.comments += 1;
      else this.events.push({ event, id: fields.get('id'), data: JSON.parse(fields.get('data') ?? 'null') });
    }
    this.#wake();
  }
}

function never(): never {
  throw new Error('there is no event');
}
