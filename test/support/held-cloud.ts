import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { getRequestListener } from '@hono/node-server';
import { type Account, createSandbox } from '../../adapters/sandbox/index.ts';

/** A sandbox behind HTTP that holds chosen requests until they are let go. */
export interface HeldCloud {
  readonly authUrl: string;
  readonly account: Account;
  /** Requests that arrived and are held: method and path. */
  readonly held: readonly string[];
  /** Held requests whose sender has hung up. */
  readonly hungUp: readonly string[];
  /** Which requests are held from now on. */
  hold(isHeld: (request: IncomingMessage) => boolean): void;
  /** Serves all held requests, and holds no further ones. */
  letGo(): void;
  stop(): Promise<void>;
}

export async function startHeldCloud(): Promise<HeldCloud> {
  const held: string[] = [];
  const hungUp: string[] = [];
  let isHeld = (_: IncomingMessage) => false;
  let waiting: (() => void)[] = [];
  let respond: (incoming: IncomingMessage, outgoing: ServerResponse) => unknown = () => {};
  const server = createServer((incoming, outgoing) => {
    if (!isHeld(incoming)) {
      respond(incoming, outgoing);
      return;
    }
    const name = `${incoming.method} ${incoming.url}`;
    held.push(name);
    outgoing.once('close', () => {
      if (!outgoing.writableFinished) hungUp.push(name);
    });
    waiting.push(() => {
      if (!outgoing.destroyed) respond(incoming, outgoing);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const baseUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const sandbox = createSandbox({ baseUrl });
  respond = getRequestListener((request) => sandbox.fetch(request));
  const [account] = sandbox.accounts;
  if (account === undefined) throw new Error('the sandbox has no account');
  return {
    authUrl: sandbox.authUrl,
    account,
    held,
    hungUp,
    hold(given) {
      isHeld = given;
    },
    letGo() {
      isHeld = () => false;
      for (const go of waiting) go();
      waiting = [];
    },
    async stop() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
