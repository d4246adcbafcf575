import { type Instance, LinguanovaError } from '../../client/index.ts';
import { announce } from './announce.ts';
import { client } from './api.ts';
import { isTransitional } from './instance-labels.ts';

export type Liveness = 'connecting' | 'live' | 'polling';

/** For gateways without events. */
const POLL_INTERVAL_MS = { busy: 1_500, calm: 6_000 };
const NO_EVENTS_STATUSES: readonly number[] = [404, 405, 501];

/**
 * The project's instances, kept current by events, or by polling if the gateway has none. Changes are announced.
 */
export class LiveInstances {
  readonly #known = new Map<string, Instance>();
  readonly #watchers = new Set<() => void>();
  readonly #abort = new AbortController();
  liveness: Liveness = 'connecting';
  /** The error of the last update; null after a success. */
  problem: unknown = null;
  isLoaded = false;
  #wake: () => void = () => {};

  /** Newest first. */
  get all(): readonly Instance[] {
    return [...this.#known.values()].sort((a, b) => (a.created < b.created ? 1 : -1));
  }

  find(id: string): Instance | null {
    return this.#known.get(id) ?? null;
  }

  /** Calls `watcher` after each change until the signal aborts. */
  watch(watcher: () => void, signal: AbortSignal): void {
    this.#watchers.add(watcher);
    signal.addEventListener('abort', () => this.#watchers.delete(watcher));
  }

  /** After an action, so that polling shows it without delay. */
  pollNow(): void {
    this.#wake();
  }

  start(): void {
    this.#follow().catch((error: unknown) => {
      if (!this.#abort.signal.aborted) this.#fail(error);
    });
  }

  stop(): void {
    this.#abort.abort();
    this.#wake();
  }

  async #follow(): Promise<void> {
    await this.#list().catch((error: unknown) => this.#fail(error));
    try {
      for await (const event of client.events({ signal: this.#abort.signal })) {
        this.liveness = 'live';
        if (!('instance' in event)) await this.#list();
        else if (event.type === 'instance.deleted') this.#drop(event.instance.id);
        else this.#put(event.instance);
        this.#notify();
      }
    } catch (error) {
      if (!(error instanceof LinguanovaError) || !NO_EVENTS_STATUSES.includes(error.status)) throw error;
      await this.#poll();
    }
  }

  async #poll(): Promise<void> {
    const { signal } = this.#abort;
    this.liveness = 'polling';
    while (!signal.aborted) {
      if (!document.hidden) await this.#list().catch((error: unknown) => this.#fail(error));
      const isBusy = this.all.some(({ state }) => isTransitional(state));
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
        setTimeout(resolve, isBusy ? POLL_INTERVAL_MS.busy : POLL_INTERVAL_MS.calm);
      });
    }
  }

  async #list(): Promise<void> {
    const list = await client.instances.list({}, { signal: this.#abort.signal });
    const ids = new Set(list.map(({ id }) => id));
    for (const id of [...this.#known.keys()]) if (!ids.has(id)) this.#drop(id);
    for (const instance of list) this.#put(instance);
    this.isLoaded = true;
    this.problem = null;
    this.#notify();
  }

  #put(instance: Instance): void {
    const before = this.#known.get(instance.id);
    this.#known.set(instance.id, instance);
    if (!this.isLoaded || before?.state === instance.state) return;
    announce(`${instance.name} is ${instance.state}`, instance.state === 'error' ? 'bad' : 'calm');
  }

  #drop(id: string): void {
    const gone = this.#known.get(id);
    if (gone === undefined) return;
    this.#known.delete(id);
    announce(`${gone.name} is deleted`);
  }

  #fail(error: unknown): void {
    this.problem = error;
    this.#notify();
  }

  #notify(): void {
    for (const watcher of this.#watchers) watcher();
  }
}
