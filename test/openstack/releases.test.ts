import { afterAll, beforeAll, expect, test } from 'vitest';
import type { Target } from '../conformance/target.ts';
import { IMAGE } from '../conformance/target.ts';
import { openStackTarget } from './target.ts';

let target: Target;
beforeAll(async () => {
  target = await openStackTarget();
});
afterAll(() => target.close());

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// Nova binds the port of a server during the first seconds of its boot, and unbinds it after the response to the deletion.
test.each([
  ['redu', 500],
  ['nova', 500],
])(
  'a public instance that is deleted through %s %i ms after its creation leaves nothing',
  async (dialect, age) => {
    const { openStack } = target.acme;
    const client = await target.acme.client();
    const { status, body } = await client.post('/v1/instances', {
      name: `release-${dialect}-${crypto.randomUUID()}`,
      flavor_id: 'm1.tiny',
      image_id: IMAGE,
      metadata: { isPublic: true },
    });
    expect(status).toBe(202);
    const { id, name, metadata } = body;
    await pause(age);
    const path = dialect === 'redu' ? `/v1/instances/${id}` : `/compute/v2.1/servers/${id}`;
    expect((await client.delete(path)).status).toBe(204);
    const left = async () => {
      const ports = (await openStack.network('GET', `/ports?name=${name}`)).body.ports.length;
      const query = `/floatingips?floating_ip_address=${metadata.floatingIp}`;
      return { ports, addresses: (await openStack.network('GET', query)).body.floatingips.length };
    };
    await expect.poll(left, { timeout: 40_000 }).toEqual({ ports: 0, addresses: 0 });
  },
);
