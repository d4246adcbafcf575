/** @module A small client for the sandbox's own tests: signs in, sends, reads; and a clock that a test moves. */

import type { Fields } from '../../adapters/sandbox/http.ts';
import {
  type Account,
  createSandbox,
  type Sandbox,
  type SandboxOptions,
} from '../../adapters/sandbox/index.ts';

/** A reply with its body read. */
export interface Reply {
  status: number;
  headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: tests reach into bodies, and fail when they are not as expected
  body: any;
}

/** Sends a request below the sandbox's root, by default at compute 2.79. */
export type Send = (
  method: string,
  path: string,
  body?: unknown,
  headers?: Record<string, string>,
) => Promise<Reply>;

/** A sandbox whose clock stands until it is moved, with projects acme and globex. Boots take 1000 ms. */
export function createTestSandbox(options: SandboxOptions = {}) {
  let time = Date.parse('2026-03-01T12:00:00Z');
  const projects = [
    { name: 'acme' },
    { name: 'globex', quota: { instances: 3, cores: 8, ram: 16384, key_pairs: 2 } },
  ];
  const sandbox = createSandbox({ now: () => time, bootMilliseconds: 1000, projects, ...options });
  const [acme, globex] = sandbox.accounts;
  if (!acme) throw new Error('The sandbox has no account');
  return {
    sandbox,
    acme,
    globex: globex ?? acme,
    wait: (milliseconds: number) => {
      time += milliseconds;
    },
  };
}

/** Sends without any token. */
export function anonymous(sandbox: Sandbox, token?: string): Send {
  return async (method, path, body, headers = {}) => {
    const all = new Headers({
      Accept: 'application/json',
      'OpenStack-API-Version': 'compute 2.79',
      ...headers,
    });
    if (token !== undefined) all.set('X-Auth-Token', token);
    if (body !== undefined) all.set('Content-Type', 'application/json');
    const init = { method, headers: all, ...(body !== undefined && { body: JSON.stringify(body) }) };
    const reply = await sandbox.fetch(new Request(`http://sandbox.invalid${path}`, init));
    const text = await reply.text();
    return { status: reply.status, headers: reply.headers, body: text ? JSON.parse(text) : null };
  };
}

/** Signs in with the account's application credential. */
export async function asCustomer(sandbox: Sandbox, account: Account): Promise<Send> {
  const { applicationCredentialId: id, applicationCredentialSecret: secret } = account;
  const identity = { methods: ['application_credential'], application_credential: { id, secret } };
  return anonymous(sandbox, await issue(sandbox, { identity }));
}

/** Signs in by password. */
export async function byPassword(
  sandbox: Sandbox,
  account: Pick<Account, 'userId' | 'password' | 'projectId'>,
): Promise<Send> {
  const user = { id: account.userId, password: account.password };
  const scope = { project: { id: account.projectId } };
  return anonymous(
    sandbox,
    await issue(sandbox, { identity: { methods: ['password'], password: { user } }, scope }),
  );
}

async function issue(sandbox: Sandbox, auth: Fields): Promise<string> {
  const reply = await anonymous(sandbox)('POST', '/identity/v3/auth/tokens', { auth });
  return reply.headers.get('X-Subject-Token') ?? '';
}

/** Boots a server on the account's network. @returns its id */
export async function bootServer(
  send: Send,
  sandbox: Sandbox,
  account: Account,
  more: Fields = {},
): Promise<string> {
  const imageRef = sandbox.images['ubuntu-22.04-amd64'];
  const server = {
    name: 'one',
    imageRef,
    flavorRef: 'm1.tiny',
    networks: [{ uuid: account.networkId }],
    ...more,
  };
  const reply = await send('POST', '/compute/v2.1/servers', { server });
  if (reply.status !== 202) throw new Error(JSON.stringify(reply.body));
  return reply.body.server.id;
}
