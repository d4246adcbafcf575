/**
 * OpenStack's own clients with nothing but an API key, through the gateway, against the real OpenStack.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { IMAGE, type Target } from '../conformance/target.ts';
import { CLIENT_PROGRAMS, runClient } from '../support/client-programs.ts';
import { keyIdOf } from '../support/nova-client.ts';
import { type OpenStackCommands, openStackCommands } from '../support/openstack-commands.ts';
import { exerciseNetworks } from './network-commands.ts';
import { openStackTarget } from './target.ts';
import { exerciseBootFromVolume, exerciseVolumes } from './volume-commands.ts';

const PATIENCE = { timeout: 120_000, interval: 500 };

let target: Target;
let key: string;
beforeAll(async () => {
  target = await openStackTarget();
  key = (await target.acme.client()).key;
});
afterAll(() => target.close());

describe('the openstack client, with an API key in clouds.yaml', () => {
  let commands: OpenStackCommands;
  beforeAll(() => {
    commands = openStackCommands(`${target.url}/identity/v3`, { id: keyIdOf(key), secret: key });
  });
  afterAll(() => commands.close());
  const until = (name: string, status: string) =>
    vi.waitUntil(async () => (await commands.json(`server show ${name}`)).status === status, PATIENCE);

  test('token issue, catalog list, versions show', async () => {
    expect((await commands.json('token issue')).project_id).toBe(target.acme.projectId);
    const catalog = await commands.json('catalog list');
    expect(catalog.map(({ Type }: { Type: string }) => Type).toSorted()).toEqual(
      expect.arrayContaining(['compute', 'identity', 'image', 'network']),
    );
    expect(JSON.stringify(catalog)).toContain(`${target.url}/compute/v2.1`);
    const versions = await commands.json('versions show');
    for (const { Endpoint } of versions) expect(Endpoint).toMatch(target.url);
  });

  test('flavor, image, network, quota, limits, availability zone', async () => {
    expect(await commands.names('flavor list')).toContain('m1.tiny');
    expect(await commands.names('image list')).toContain(IMAGE);
    expect((await commands.json(`image show ${IMAGE}`)).status).toBe('active');
    expect(await commands.names('network list')).toContain('public');
    expect(await commands.json('quota show')).toMatchObject({ instances: 100 });
    const limits = await commands.json('limits show --absolute');
    expect(limits).toContainEqual({ Name: 'maxTotalInstances', Value: 100 });
    expect(await commands.json('availability zone list')).toContainEqual(
      expect.objectContaining({ 'Zone Name': 'nova' }),
    );
    expect(await commands.names('project list')).toEqual([target.acme.projectName]);
  });

  test('a network is shared with a project that a member cannot look up, by its id', async () => {
    const shared = await commands.json('network create cli-shared');
    const policy = await commands.json(
      `network rbac create --type network --action access_as_shared --target-project ${target.globex.projectId} ${shared.id}`,
    );
    expect(policy).toMatchObject({ object_id: shared.id, target_project_id: target.globex.projectId });
    await commands.print(`network rbac delete ${policy.id}`);
    await commands.print(`network delete ${shared.id}`);
  });

  test('keypair', async () => {
    expect(await commands.print('keypair create cli-pair')).toContain('PRIVATE KEY');
    expect(await commands.names('keypair list')).toContain('cli-pair');
    await commands.print('keypair delete cli-pair');
    expect(await commands.names('keypair list')).not.toContain('cli-pair');
  });

  test('server create, list, show, stop, start, reboot, resize, image create, addresses, groups, delete', async () => {
    const { openStack } = target.acme;
    await removeLeftovers();
    const before = await openStack.belongings();
    await commands.print('security group create cli-group');
    await commands.print('security group rule create --proto tcp --dst-port 443 cli-group');
    const created = await commands.json(
      `server create --flavor m1.tiny --image ${IMAGE} --network acme-private --wait cli-server`,
    );
    expect(created).toMatchObject({ name: 'cli-server', status: 'ACTIVE' });
    expect(await commands.names('server list')).toContain('cli-server');
    await commands.print('server set --property team=blue cli-server');
    await commands.print('server stop cli-server');
    await until('cli-server', 'SHUTOFF');
    await commands.print('server start cli-server');
    await until('cli-server', 'ACTIVE');
    await commands.print('server reboot --wait cli-server');
    await commands.print('server add security group cli-server cli-group');
    await commands.print('server remove security group cli-server cli-group');

    const { floating_ip_address: address } = await commands.json('floating ip create public');
    await commands.print(`server add floating ip cli-server ${address}`);
    const own = (await commands.json('floating ip list')).find(
      (ip: Record<string, unknown>) => ip['Floating IP Address'] === address,
    );
    expect(own['Fixed IP Address']).not.toBeNull();
    await commands.print(`server remove floating ip cli-server ${address}`);
    await commands.print(`floating ip delete ${address}`);

    await commands.print('server resize --flavor m1.small --wait cli-server');
    await commands.print('server resize confirm cli-server');
    await until('cli-server', 'ACTIVE');
    await commands.print('server image create --name cli-image --wait cli-server');
    expect(await commands.names('image list')).toContain('cli-image');
    await commands.print('image delete cli-image');
    await commands.print('server delete --wait cli-server');
    expect((await commands.run('server show cli-server')).code).not.toBe(0);
    await commands.print('security group delete cli-group');
    await expect.poll(() => openStack.belongings()).toEqual(before);
  }, 400_000);

  test(
    'volume create, list, show, delete, snapshot; server add and remove volume',
    () => exerciseVolumes(commands, 'cli'),
    400_000,
  );

  test(
    'floating ip create, list, show, delete; server add and remove floating ip and network',
    async () => exerciseNetworks(commands, await target.acme.client(), 'cli'),
    400_000,
  );

  test('server create --boot-from-volume', () => exerciseBootFromVolume(commands, 'cli'), 200_000);

  /** Of a run that was cut off: names have to mean one thing. */
  async function removeLeftovers(): Promise<void> {
    const { openStack } = target.acme;
    const { servers } = (await openStack.compute('GET', '/servers?name=^cli-server$')).body;
    for (const { id } of servers) await openStack.compute('DELETE', `/servers/${id}`);
    await expect
      .poll(async () => (await openStack.compute('GET', '/servers?name=^cli-server$')).body.servers, {
        timeout: 60_000,
      })
      .toEqual([]);
    const { security_groups: groups } = (await openStack.network('GET', '/security-groups?name=cli-group'))
      .body;
    for (const { id } of groups) await openStack.network('DELETE', `/security-groups/${id}`);
  }

  test('console log show, console url show, server event list and show', async () => {
    const { id } = await (await target.acme.client()).boot({
      name: 'cli-operations',
      flavor_id: 'm1.tiny',
      image_id: IMAGE,
    });
    expect(await commands.print(`console log show --lines 1 ${id}`)).toContain('LAST LINE');
    expect((await commands.json(`console url show ${id}`)).url).toMatch(/^https?:/);
    const [event] = await commands.json(`server event list ${id}`);
    expect(event).toMatchObject({ Action: 'create', 'Server ID': id });
    const shown = await commands.json(`server event show ${id} ${event['Request ID']}`);
    expect(shown).toMatchObject({ action: 'create' });
    await commands.print(`server delete --wait ${id}`);
  }, 400_000);

  test('a command for administrators is rejected with a readable message', async () => {
    const { code, err } = await commands.run('hypervisor list');
    expect([code, err]).toEqual([1, expect.stringContaining('lacks the scope "admin"')]);
  });
});

describe('other clients: list, create, get, reboot, delete', () => {
  test.each(CLIENT_PROGRAMS)(
    '%s',
    async (name, program) => {
      const { acme, url } = target;
      const imageId = (await acme.openStack.image('GET', `/images?name=${IMAGE}`)).body.images[0].id;
      const [project, network] = [acme.projectName, acme.networkId];
      const given = { url, key, project, network, image: IMAGE, imageId, name: `client-${name}` };
      expect(await runClient(program, given)).toMatchObject({
        name: `client-${name}`,
        listed: true,
        rebooted: true,
        destroyed: true,
      });
    },
    400_000,
  );
});
