import { afterEach, expect, test } from 'vitest';
import { sendNova } from '../support/nova-client.ts';
import type { ReduClient } from '../support/redu-client.ts';
import { type CachedGateways, cachedGateways, gate } from '../traffic/cached-gateways.ts';

/** More than may run and wait of one project. */
const FLOOD = 260;

let running: CachedGateways | undefined;
let open = () => {};
afterEach(async () => {
  open();
  await running?.close();
});

/** A gateway whose cloud holds back what has this in its query until it is opened. */
async function slowFor(query: string): Promise<CachedGateways> {
  const gateways = await cachedGateways(1);
  running = gateways;
  const { opened, open: opens } = gate();
  open = opens;
  gateways.disturb = async ({ url }) => {
    if (url.includes(query)) await opened;
    return null;
  };
  return gateways;
}

const nova = ({ url, key }: ReduClient, target: string) => sendNova(url, target, { 'x-auth-token': key });

test.each([
  ['passed through', (client: ReduClient, n: number) => nova(client, `GET /compute/v2.1/servers?slow=${n}`)],
  ['of the redu dialect', (client: ReduClient, n: number) => client.get(`/v1/instances?name=slow=${n}`)],
])(
  `while ${FLOOD} slow reads of one project %s are in flight, another project is served`,
  async (_, read) => {
    const gateways = await slowFor('slow');
    const [acme] = await gateways.clients();
    const [globex] = await gateways.clients('globex');
    if (acme === undefined || globex === undefined) throw new Error('there is no node');
    await acme.get('/v1/me');
    const flood = Array.from({ length: FLOOD }, async (_, n) => (await read(acme, n)).status);
    await expect.poll(() => gateways.asked.filter((call) => call.includes('slow'))).toHaveLength(48);
    expect(await Promise.race(flood), 'beyond its own share').toBe(503);

    for (let n = 0; n < 5; n++) {
      const [fresh] = await gateways.clients('globex');
      const outcomes = await Promise.all([
        globex.get(`/v1/instances?name=zz${n}`),
        globex.get('/v1/security_groups'),
        nova(globex, `GET /compute/v2.1/servers/detail?marker_of=${n}`),
        nova(fresh as ReduClient, 'GET /networking/v2.0/ports'),
        globex.post('/v1/keypairs', { name: `key-${n}` }),
      ]);
      for (const { status } of outcomes) expect(status).toBeLessThan(300);
    }
    open();
    expect(new Set(await Promise.all(flood))).toEqual(new Set([200, 503]));
  },
);
