import { wallMs, wallTime } from '../clock.ts';
import { VERSION } from '../version.ts';
import type { NodeReporter } from './node-report.ts';
import type { GatewayNode, NodeStore } from './node-store.ts';

const BEAT_MS = 20_000;
const FORGET_MS = 86_400_000;
const MAX_NODES = 200;

/** Makes this process known to the other gateways on its database, from `start` to `stop`. */
export class NodePresence {
  readonly #store: NodeStore;
  readonly #reporter: NodeReporter;
  readonly #self: Pick<GatewayNode, 'id' | 'name' | 'version' | 'startedAt'>;
  #beating: ReturnType<typeof setInterval> | undefined;
  #last: Promise<void> | undefined;

  constructor(store: NodeStore, reporter: NodeReporter, name: string) {
    this.#store = store;
    this.#reporter = reporter;
    this.#self = { id: crypto.randomUUID(), name, version: VERSION, startedAt: wallTime() };
  }

  get id(): string {
    return this.#self.id;
  }

  start(): void {
    const beat = () => {
      this.#last = this.#beat();
    };
    this.#beating = setInterval(beat, BEAT_MS);
    beat();
  }

  async stop(): Promise<void> {
    clearInterval(this.#beating);
    await this.#last;
    await this.#store.remove(this.id).catch(() => {});
  }

  /** With this process as it is now. Rejects while the database cannot be read. */
  async list(): Promise<readonly GatewayNode[]> {
    const [nodes, self] = await Promise.all([this.#store.list(MAX_NODES), this.#current()]);
    return [...nodes.filter(({ id }) => id !== self.id), self].toSorted(byNameAndStart);
  }

  /** A database that fails is reported elsewhere. */
  async #beat(): Promise<void> {
    const forgetBefore = new Date(wallMs() - FORGET_MS).toISOString();
    await this.#store.beat(await this.#current(), forgetBefore).catch(() => {});
  }

  async #current(): Promise<GatewayNode> {
    const report = await this.#reporter.report();
    return { ...this.#self, seenAt: wallTime(), report };
  }
}

function byNameAndStart(a: GatewayNode, b: GatewayNode): number {
  const [first, second] = [a, b].map(({ name, startedAt, id }) => `${name} ${startedAt} ${id}`);
  return (first ?? '') < (second ?? '') ? -1 : 1;
}
