import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import type { Customer, Target } from '../conformance/target.ts';
import { ATTEMPTS } from '../keys/foreign-attempts.ts';
import { makeThings, type Things } from '../keys/foreign-things.ts';
import { fillIn, NOBODYS, refusalOf } from '../keys/refusals.ts';
import type { ReduClient } from '../support/redu-client.ts';
import { openStackTarget } from './target.ts';

let target: Target;
let acme: ReduClient;
let own: Things;
let foreign: Things;
beforeAll(async () => {
  target = await openStackTarget();
  acme = await target.acme.client();
  const globex = await target.globex.client();
  [own, foreign] = await Promise.all([
    makeThings(target.acme, acme, 'acme'),
    makeThings(target.globex, globex, 'globex'),
  ]);
});
afterAll(async () => {
  if (own !== undefined) await remove(target.acme, own);
  if (foreign !== undefined) await remove(target.globex, foreign);
  await target.close();
});

async function remove({ client, openStack }: Customer, things: Things): Promise<void> {
  const customer = await client();
  await customer.remove(things.instance);
  await openStack.network('DELETE', `/ports/${things.port}`);
  await customer.delete(`/v1/volume_snapshots/${things.snapshot}`);
  const statusOfSnapshot = async () => (await customer.get(`/v1/volume_snapshots/${things.snapshot}`)).status;
  await vi.waitUntil(async () => (await statusOfSnapshot()) === 404, { timeout: 30_000, interval: 500 });
  const rest = [
    `volumes/${things.volume}`,
    `images/${things.image}`,
    `server_groups/${things['server group']}`,
    `keypairs/${things.keypair}`,
    `security_groups/${things.group}`,
  ];
  for (const path of rest) await customer.delete(`/v1/${path}`);
}

const CONCURRENT = 4;

test("another tenant's resource and a missing one are refused alike on every route", async () => {
  const { userName: user, password } = target.acme;
  const attempts = Object.entries(ATTEMPTS).flatMap(([route, all]) => {
    const method = route.split(' ')[0] ?? '';
    return all.flatMap((one) => (one.status >= 400 && one.data === undefined ? [{ method, one }] : []));
  });
  const compare = async () => {
    for (let next = attempts.pop(); next !== undefined; next = attempts.pop()) {
      const { method, one } = next;
      const refused = (things: Things) =>
        refusalOf(acme, method, fillIn(one, { ...own, user, password }, things), things);
      const theirs = await refused(foreign);
      const what = `${method} ${one.path} ${JSON.stringify(one.body)}`;
      expect.soft(theirs, what).toEqual(await refused(NOBODYS));
      expect.soft(theirs.status, what).toBe(one.status);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENT }, compare));
});
