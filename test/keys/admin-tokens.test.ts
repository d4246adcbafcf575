import { afterAll, beforeAll, expect, test } from 'vitest';
import { type SandboxGateway, sandboxGateway } from '../wire/sandbox-gateway.ts';

const TOKENS = [
  { name: 'ada', token: 'token-of-ada-0123456789' },
  { name: null, token: 'token-without-a-name' },
  { name: 'bob', token: 'token-of-bob-0123456789' },
];
let gateway: SandboxGateway;

beforeAll(async () => {
  gateway = await sandboxGateway({ adminTokens: TOKENS });
});
afterAll(() => gateway.stop());

async function lastActor(headers: Record<string, string>): Promise<unknown> {
  const response = await fetch(`${gateway.url}/admin/v1/audit?limit=1`, { headers });
  const { items } = (await response.json()) as { readonly items: readonly { readonly actor: string }[] };
  return items[0]?.actor;
}

async function updateFirstKey(headers: Record<string, string>): Promise<number> {
  const [, id] = gateway.key.split('_');
  const init = { method: 'PATCH', body: '{"name":"renamed"}' };
  const all = { ...headers, 'content-type': 'application/json' };
  return (await fetch(`${gateway.url}/admin/v1/keys/${id}`, { ...init, headers: all })).status;
}

test.each(TOKENS.map(({ name, token }) => [name === null ? 'admin' : `admin:${name}`, token] as const))(
  'the audit log names %s as actor',
  async (actor, token) => {
    const headers = { authorization: `Bearer ${token}` };
    expect(await updateFirstKey(headers)).toBe(200);
    expect(await lastActor(headers)).toBe(actor);
  },
);

test('the audit log names the operator of a console session', async () => {
  const console = { 'x-linguanova-console': '1', origin: new URL(gateway.url).origin };
  const signIn = await fetch(`${gateway.url}/console/session`, {
    method: 'POST',
    headers: { ...console, 'content-type': 'application/json' },
    body: JSON.stringify({ admin_token: 'token-of-bob-0123456789' }),
  });
  expect(signIn.status).toBe(200);
  const session = { ...console, cookie: signIn.headers.get('set-cookie')?.split(';')[0] ?? '' };
  expect(await lastActor(session), 'the sign-in').toBe('admin:bob');
  expect(await updateFirstKey(session)).toBe(200);
  expect(await lastActor(session)).toBe('admin:bob');
});

test.each(['ada:token-of-ada-0123456789', 'token-of-ada-0123456789,token-of-bob-0123456789', 'ada'])(
  'the token %s is rejected',
  async (token) => {
    expect(await updateFirstKey({ authorization: `Bearer ${token}` })).toBe(401);
  },
);
