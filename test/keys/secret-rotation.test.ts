import { randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { SecretCheck } from '../../src/access/secret-check.ts';
import { importServerSecret } from '../../src/access/server-secret.ts';
import { BrowserClient, OWN_PAGE } from '../console/browser-client.ts';
import { type Nodes, startNodes } from '../idempotency/nodes.ts';
import type { RunningGateway } from '../support/gateway.ts';
import { ReduClient } from '../support/redu-client.ts';

const secret = () => randomBytes(32).toString('base64');
/** The order of the rollouts: what each node is given in the steps of one rotation. */
const [OLD, NEW] = [secret(), secret()];
const STEPS = [
  { name: 'the old one alone', secret: OLD },
  { name: 'the new one as previous', secret: OLD, previousSecret: NEW },
  { name: 'swapped', secret: NEW, previousSecret: OLD },
  { name: 'the new one alone', secret: NEW },
];

let nodes: Nodes;
beforeEach(() => {
  nodes = startNodes();
});
afterEach(() => nodes.close());

/** A token of the Nova dialect for this key. */
async function tokenOf(node: RunningGateway, key: string): Promise<string> {
  const response = await fetch(`${node.url}/identity/v3/auth/tokens`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({
      auth: {
        identity: {
          methods: ['application_credential'],
          application_credential: { id: key.split('_')[1], secret: key },
        },
      },
    }),
  });
  expect(response.status).toBe(201);
  return response.headers.get('x-subject-token') ?? '';
}

const statusWith = async (node: RunningGateway, path: string, headers: Record<string, string>) =>
  (await fetch(node.url + path, { headers })).status;

describe('a rotation of the server secret in two rollouts, node by node', () => {
  test('keys, tokens, sessions and idempotent requests work on every node at every step', async () => {
    const [step] = STEPS;
    let [left, right] = [await nodes.node(step), await nodes.node(step)];
    const used = (await nodes.client(left)).key;
    const unused = (await nodes.client(left)).key;
    const keysMade = [used];
    const cookies: string[] = [];
    const tokens: string[] = [];
    let pairs = 0;

    async function assertAllWork(name: string) {
      const both = [left, right];
      for (const [index, node] of both.entries()) {
        const other = both[1 - index] ?? node;
        for (const key of keysMade) {
          expect(await statusWith(node, '/v1/me', { 'x-api-key': key }), name).toBe(200);
        }
        for (const token of tokens) {
          expect(await statusWith(node, '/identity/v3/auth/catalog', { 'x-auth-token': token }), name).toBe(
            200,
          );
        }
        for (const cookie of cookies) {
          expect(await statusWith(node, '/v1/me', { ...OWN_PAGE, cookie }), name).toBe(200);
        }
        keysMade.push((await nodes.client(node)).key);
        tokens.push(await tokenOf(node, used));
        const page = new BrowserClient(node.url, `192.0.2.${pairs + 1}`);
        expect((await page.ask('POST', '/console/session', { api_key: used })).status).toBe(200);
        cookies.push(page.cookie ?? '');

        pairs += 1;
        const send = (at: RunningGateway) =>
          new ReduClient(at.url, used).postOnce(`pair-${pairs}`, '/v1/keypairs', { name: `pair-${pairs}` });
        const first = await send(node);
        expect(first.status, name).toBe(201);
        const again = await send(other);
        expect([again.status, again.headers.get('idempotency-replayed')], `${name}: sent again`).toEqual([
          201,
          'true',
        ]);
        expect(again.body).toEqual(first.body);
      }
    }

    await assertAllWork(step?.name ?? '');
    for (const next of STEPS.slice(1)) {
      await left.stop();
      left = await nodes.node(next);
      // What the next step cannot open any more was to be sealed again before it.
      if (next.previousSecret === undefined) {
        tokens.length = 0;
        cookies.length = 0;
      }
      await assertAllWork(`${next.name}, at one of two`);
      await right.stop();
      right = await nodes.node(next);
      await assertAllWork(`${next.name}, at both`);
    }
    expect(await statusWith(left, '/v1/me', { 'x-api-key': unused }), 'never used since: lost').toBe(401);
  });

  test('a key is resealed on use by swapped nodes only', async () => {
    const [alone, announced, swapped] = STEPS;
    const store = await nodes.shared.open();
    const first = await nodes.node(alone);
    const { key } = await nodes.client(first);
    const id = key.split('_')[1] ?? '';
    const sealedUnder = async () => (await store.find(id))?.sealedUnder;
    const [old, current] = [(await importServerSecret(OLD)).check, (await importServerSecret(NEW)).check];
    const others = async () => (await store.secrets.countSealed(current, new Date().toISOString())).others;

    const prepared = await nodes.node(announced);
    expect(await statusWith(prepared, '/v1/me', { 'x-api-key': key })).toBe(200);
    expect(await sealedUnder()).toBe(old);
    const changed = await nodes.node(swapped);
    expect(await sealedUnder()).toBe(old);
    expect(await others()).toBe(1);
    expect(await statusWith(changed, '/v1/me', { 'x-api-key': key })).toBe(200);
    expect(await sealedUnder()).toBe(current);
    expect(await others()).toBe(0);
    const late = await nodes.node(announced);
    expect(await statusWith(late, '/v1/me', { 'x-api-key': key })).toBe(200);
    expect(await sealedUnder(), 'not taken back').toBe(current);
  });

  test('equal idempotent requests on nodes of two steps create one resource', async () => {
    const [, announced, swapped] = STEPS;
    const [one, two] = [await nodes.node(announced), await nodes.node(swapped)];
    const { key } = await nodes.client(one);
    const send = ({ url }: RunningGateway) =>
      new ReduClient(url, key).postOnce('once', '/v1/keypairs', { name: 'one' });
    const answers = await Promise.all([send(one), send(two)]);
    expect(answers.map(({ status }) => status)).toEqual([201, 201]);
    expect(nodes.requests.filter((call) => call === 'POST /compute/v2.1/os-keypairs')).toHaveLength(1);
  });
});

test('/readyz of a node with an outdated secret is 503 and names LINGUANOVA_SECRET', async () => {
  const node = await nodes.node({ secret: OLD });
  const ready = async () => {
    const response = await fetch(`${node.url}/readyz`);
    return [response.status, await response.json()];
  };
  expect(await ready()).toEqual([200, expect.objectContaining({ status: 'ok', secret: 'ok', schema: 'ok' })]);
  const { secrets } = await nodes.shared.open();
  expect(await new SecretCheck(secrets, await importServerSecret(NEW, OLD)).adopt(true)).toBe(true);
  await expect.poll(ready).toEqual([503, expect.objectContaining({ status: 'failed', secret: 'wrong' })]);
});
