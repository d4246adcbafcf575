import { expect, vi } from 'vitest';
import { IMAGE } from '../conformance/target.ts';
import type { OpenStackCommands } from '../support/openstack-commands.ts';
import type { ReduClient } from '../support/redu-client.ts';

const PATIENCE = { timeout: 120_000, interval: 500 };

/** What a customer does with floating IPs and a server's networks on the command line; nothing is left. */
export async function exerciseNetworks(
  commands: OpenStackCommands,
  client: ReduClient,
  prefix: string,
): Promise<void> {
  const [server, network] = [`${prefix}-networked`, `${prefix}-network`];
  const made = await client.post('/v1/networks', { name: network, cidr: '10.93.0.0/24', routed: false });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  expect(await commands.names('network list')).toContain(network);
  await commands.print(
    `server create --flavor m1.tiny --image ${IMAGE} --network acme-private --wait ${server}`,
  );
  const addresses = async () => (await commands.json(`server show ${server}`)).addresses;

  await commands.print(`server add network ${server} ${network}`);
  await vi.waitUntil(async () => (await addresses())[network]?.[0]?.startsWith('10.93.0.'), PATIENCE);
  await commands.print(`server remove network ${server} ${network}`);
  await vi.waitUntil(async () => !(network in (await addresses())), PATIENCE);
  await commands.print(`network delete ${network}`);
  expect(await commands.names('network list')).not.toContain(network);

  const ip = await commands.json(`floating ip create --description ${prefix} public`);
  expect(ip).toMatchObject({ description: prefix, fixed_ip_address: null, port_id: null });
  const { id, floating_ip_address: address } = ip;
  const show = () => commands.json(`floating ip show ${address}`);
  expect(await show()).toMatchObject({ id, floating_ip_address: address, description: prefix });
  const listed = async () =>
    (await commands.json('floating ip list')).find((row: { ID: string }) => row.ID === id);
  expect(await listed()).toMatchObject({ 'Floating IP Address': address, 'Fixed IP Address': null });

  const [fixed] = (await addresses())['acme-private'];
  await commands.print(`server add floating ip ${server} ${address}`);
  expect(await listed()).toMatchObject({ 'Fixed IP Address': fixed, Port: expect.any(String) });
  await vi.waitUntil(async () => (await addresses())['acme-private'].includes(address), PATIENCE);
  await commands.print(`server remove floating ip ${server} ${address}`);
  expect(await show()).toMatchObject({ fixed_ip_address: null, port_id: null });
  await commands.print(`floating ip delete ${address}`);
  expect(await listed()).toBeUndefined();
  await commands.print(`server delete --wait ${server}`);
}
