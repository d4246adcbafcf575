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

/** What the worker has to know to serve it. */
export type SandboxAccess = Pick<SandboxCloud, 'authUrl' | 'admin' | 'accounts'>;

/** The part that isolates call. */
export interface SandboxObject {
  fetch(request: Request): Promise<Response>;
  access(): Promise<SandboxAccess>;
}

/** How often an object that is in use says that it still is, milliseconds; one that is silent for about 10 s is evicted. */
const HEARTBEAT_INTERVAL_MS = 5_000;

/**
 * The class of the object that all isolates have their one sandbox cloud in. Its data lives as long as the object is kept in
 * memory, and it keeps itself there.
 *
 * @param create Makes a cloud.
 */
export function sandboxObject(create: () => SandboxCloud) {
  return class Sandbox<Env> extends DurableObject<Env> implements SandboxObject {
    readonly #cloud: SandboxCloud;

    constructor(ctx: DurableObjectState, env: Env) {
      super(ctx, env);
      this.#cloud = create();
    }

    async fetch(request: Request): Promise<Response> {
      await this.#stay();
      return this.#cloud.fetch(request);
    }

    async access(): Promise<SandboxAccess> {
      await this.#stay();
      const { authUrl, admin, accounts } = this.#cloud;
      return { authUrl, admin: { ...admin }, accounts: accounts.map((account) => ({ ...account })) };
    }

    async alarm(): Promise<void> {
      await this.ctx.storage.setAlarm(wallMs() + HEARTBEAT_INTERVAL_MS);
    }

    async #stay(): Promise<void> {
      if ((await this.ctx.storage.getAlarm()) === null) await this.alarm();
    }
  };
}
