import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { BrowserClient } from '../console/browser-client.ts';
import { ADMIN_TOKEN } from '../support/gateway.ts';
import { type WatchedGateway, watchedGateway } from './watched-gateway.ts';

let watched: WatchedGateway;
beforeAll(async () => {
  watched = await watchedGateway();
});
afterAll(() => watched.close());

/** The address of all clients behind a proxy. */
const SHARED = '192.0.2.77';
const admin = (token: string, address = SHARED) =>
  watched.ask('GET', '/admin/v1/keys', { 'x-forwarded-for': address, authorization: `Bearer ${token}` });
const signIn = async (body: object, address = SHARED) =>
  (await new BrowserClient(watched.gateway.url, address).ask('POST', '/console/session', body)).status;
const signUp = (username: string, password: string, address = SHARED) =>
  watched.ask(
    'POST',
    '/v1/api_keys',
    { 'x-forwarded-for': address },
    {
      name: 'lock-out',
      credentials: { username, password, project_id: watched.account.projectId },
    },
  );
const me = (key?: string, address = SHARED) =>
  watched.ask('GET', '/v1/me', {
    'x-forwarded-for': address,
    ...(key !== undefined && { 'x-api-key': key }),
  });
async function times<T>(count: number, run: () => Promise<T>): Promise<T[]> {
  const results: T[] = [];
  for (let n = 0; n < count; n++) results.push(await run());
  return results;
}
const statuses = (heard: readonly { readonly status: number }[]) => heard.map(({ status }) => status);

describe('failures of others from the same address', () => {
  test('at /admin are limited without blocking the right token or the console', async () => {
    expect(statuses(await times(12, () => admin('wrong-wrong-wrong')))).toEqual([
      ...Array(10).fill(401),
      429,
      429,
    ]);
    expect((await admin(ADMIN_TOKEN)).status).toBe(200);
    expect(await signIn({ admin_token: 'wrong-wrong-wrong' }), 'counted apart').toBe(401);
  });

  test('at the console are limited without blocking the right token or a valid key', async () => {
    const address = '192.0.2.78';
    const wrong = await times(12, () => signIn({ admin_token: 'wrong-wrong-wrong' }, address));
    expect(wrong).toEqual([...Array(10).fill(401), 429, 429]);
    expect(await signIn({ admin_token: ADMIN_TOKEN }, address)).toBe(200);
    expect((await admin('wrong-wrong-wrong', address)).status, 'counted apart').toBe(401);
    const { applicationCredentialId: id, applicationCredentialSecret: secret } = watched.account;
    const key = await watched.gateway.keyFor({ kind: 'application_credential', id, secret });
    expect(await signIn({ api_key: key }, address)).toBe(200);
  });

  test('with a password block only that user at that address', async () => {
    const wrong = await times(12, () => signUp('somebody-else', 'wrong'));
    expect(statuses(wrong)).toEqual([...Array(10).fill(401), 429, 429]);
    expect((await signUp('Somebody-Else', 'wrong')).status, 'the same user').toBe(429);
    const { userName, password } = watched.account;
    expect((await signUp(userName, password)).status).toBe(201);
    expect((await signUp('somebody-else', 'wrong', '192.0.2.79')).status).toBe(401);
  });
});

describe('requests without a key', () => {
  test('do not count as failures of keys from the same address', async () => {
    const address = '192.0.2.80';
    expect(new Set(statuses(await times(30, () => me(undefined, address))))).toEqual(new Set([401]));
    expect((await me('ln_guess', address)).status).toBe(401);
  });

  test('are limited to 600 a minute without limiting requests with keys', async () => {
    const address = '192.0.2.81';
    const heard = await times(602, () => me(undefined, address));
    expect(statuses(heard.slice(0, 600)).every((status) => status === 401)).toBe(true);
    expect(statuses(heard.slice(600))).toEqual([429, 429]);
    expect((await me('ln_guess', address)).status).toBe(401);
    expect((await admin(ADMIN_TOKEN, address)).status).toBe(200);
  });
});

describe('every sign-in method', () => {
  const audit = async (address: string) => {
    await watched.gateway.flush();
    const { items } = (
      await watched.ask('GET', '/admin/v1/audit?limit=1000', { authorization: `Bearer ${ADMIN_TOKEN}` })
    ).body;
    return items
      .filter((item: { address: string }) => item.address === address)
      .map(({ actor, action, detail }: Record<string, string>) => [actor, action, detail])
      .sort();
  };

  test('is in the audit log with counted successes and failures', async () => {
    const address = '192.0.2.90';
    await times(30, () => admin('wrong-wrong-wrong', address));
    await signIn({ admin_token: ADMIN_TOKEN }, address);
    await signIn({ admin_token: ADMIN_TOKEN }, address);
    expect(await audit(address)).toEqual([
      ['admin', 'session.sign_in', 'console, by admin token, 2 times'],
      ['anonymous', 'key.refused', 'wrong_admin_token, 30 times'],
    ]);
  });

  test('logs at most ten lines for a failing address', async () => {
    const address = '192.0.2.91';
    await times(30, () => me('ln_guess', address));
    const lines = watched.gateway.logged.filter(
      ({ event, fields }) => event === 'key_refused' && fields.address === address,
    );
    expect(lines).toHaveLength(10);
  });
});
