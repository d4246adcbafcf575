import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { KeyStore } from '../../src/access/key-store.ts';
import { AdminClient } from '../conformance/admin-keys.ts';
import { type Nodes, startNodes } from '../idempotency/nodes.ts';
import { ADMIN_TOKEN, type RunningGateway } from '../support/gateway.ts';
import { ReduClient } from '../support/redu-client.ts';

let nodes: Nodes;
let here: RunningGateway;
let there: RunningGateway;
beforeAll(async () => {
  nodes = startNodes();
  [here, there] = await Promise.all([nodes.node(), nodes.node()]);
});
afterAll(() => nodes.close());

const idOf = (key: string) => key.split('_')[1] ?? '';
const rotate = (key: string) => new ReduClient(there.url, key).post(`/v1/api_keys/${idOf(key)}/rotate`, {});

/** A gateway before whose every revocation another node rotates the newest key once more. */
async function revokingWhileOthersRotate(newest: () => string, rotated: (key: string) => void) {
  const keys: KeyStore = {
    ...here.keys,
    async revoke(...args) {
      rotated((await rotate(newest())).body.key);
      return here.keys.revoke(...args);
    },
  };
  return nodes.node({ keys });
}

describe('revoking a key during a rotation on another node', () => {
  test.each(['', '?family=true'])(
    'DELETE%s: after the 204 no successor is valid or can be rotated, on any node',
    async (query) => {
      const first = await here.keyFor(nodes.credential);
      const made = [first];
      const slow = await revokingWhileOthersRotate(
        () => made.at(-1) ?? '',
        (key) => made.push(key),
      );
      if (query !== '') for (let n = 0; n < 3; n++) made.push((await rotate(made.at(-1) ?? '')).body.key);
      const admin = new AdminClient(slow.url, ADMIN_TOKEN);
      expect((await admin.request('DELETE', `/keys/${idOf(first)}${query}`)).status).toBe(204);
      for (const key of made) {
        expect((await new ReduClient(slow.url, key).get('/v1/me')).status).toBe(401);
        await expect.poll(async () => (await new ReduClient(there.url, key).get('/v1/me')).status).toBe(401);
        expect((await rotate(key)).status).toBe(401);
        expect((await here.keys.find(idOf(key)))?.revokedAt).not.toBeNull();
      }
    },
  );

  test('a key that was rotated before: its successor stays valid', async () => {
    const key = await here.keyFor(nodes.credential);
    const { body } = await rotate(key);
    const admin = new AdminClient(here.url, ADMIN_TOKEN);
    expect((await admin.request('DELETE', `/keys/${idOf(key)}`)).status).toBe(204);
    expect((await new ReduClient(here.url, body.key).get('/v1/me')).status).toBe(200);
  });
});
