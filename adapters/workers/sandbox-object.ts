import { DurableObject, type DurableObjectState } from 'cloudflare:workers';
import { wallMs } from '../../src/clock.ts';

/** A cloud in memory, as `adapters/sandbox` makes it. */
export interface SandboxCloud {
  fetch(request: Request): Promise<Response>;
  readonly authUrl: string;
  readonly admin: { readonly userId: string; readonly password: string; readonly projectId: string };
  readonly accounts: readonly SandboxAccount[];
}

interface SandboxAccount {
  readonly projectId: string;
  readonly projectName: string;
}

export type SandboxAccess = Pick<SandboxCloud, 'authUrl' | 'admin' | 'accounts'>;

export interface SandboxObject {
  fetch(request: Request): Promise<Response>;
  access(): Promise<SandboxAccess>;
}

/** An object is evicted after about 10 s without an event. */
const HEARTBEAT_INTERVAL_MS = 5_000;

/**
 * Durable Object class of the sandbox that all isolates share. Its data is in memory, so an alarm keeps the object from eviction.
 */
export function sandboxObject<Bindings>(create: (bindings: Bindings) => SandboxCloud) {
  return class Sandbox<Env extends Bindings> extends DurableObject<Env> implements SandboxObject {
    readonly #cloud: SandboxCloud;

    constructor(ctx: DurableObjectState, env: Env) {
      super(ctx, env);
      this.#cloud = create(env);
    }

    async fetch(request: Request): Promise<Response> {
      await this.#preventEviction();
      return this.#cloud.fetch(request);
    }

    async access(): Promise<SandboxAccess> {
      await this.#preventEviction();
      const { authUrl, admin, accounts } = this.#cloud;
      return { authUrl, admin: { ...admin }, accounts: accounts.map((account) => ({ ...account })) };
    }

    async alarm(): Promise<void> {
      await this.ctx.storage.setAlarm(wallMs() + HEARTBEAT_INTERVAL_MS);
    }

    async #preventEviction(): Promise<void> {
      if ((await this.ctx.storage.getAlarm()) === null) await this.alarm();
    }
  };
}
