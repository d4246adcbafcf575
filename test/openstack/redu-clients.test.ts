/**
 * OpenStack's clients on a redu cloud: the `openstack` command line and Libcloud -> gateway (Nova dialect) -> gateway (redu
 * dialect) -> the real OpenStack, compared with the same commands sent directly to that OpenStack.
 *
 * @module
 */

import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { IMAGE, type Target } from '../conformance/target.ts';
import { CLIENT_PROGRAMS, runClient } from '../support/client-programs.ts';
import { keyIdOf } from '../support/nova-client.ts';
import { type OpenStackCommands, openStackCommands } from '../support/openstack-commands.ts';
import { reduChainTarget } from '../support/redu-chain-target.ts';
import { exerciseNetworks } from './network-commands.ts';
import { openStackTarget, requireOpenStack } from './target.ts';
import { exerciseBootFromVolume, exerciseVolumes } from './volume-commands.ts';

const PATIENCE = { timeout: 120_000, interval: 500 };

let target: Target;
let key: string;
let through: OpenStackCommands;
let directly: OpenStackCommands;
beforeAll(async () => {
  target = await reduChainTarget(await openStackTarget());
  key = (await target.acme.client()).key;
  through = openStackCommands(`${target.url}/identity/v3`, { id: keyIdOf(key), secret: key });
  directly = openStackCommands(requireOpenStack().OS_AUTH_URL ?? '', target.acme.applicationCredential);
});
afterAll(async () => {
  await Promise.all([through.close(), directly.close()]);
  await target.close();
});

describe('the openstack client prints the same with and without the gateways', () => {
  /** By both ways. */
  const both = (command: string) => Promise.all([through.json(command), directly.json(command)]);
  const until = (name: string, status: string) =>
    vi.waitUntil(async () => (await through.json(`server show ${name}`)).status === status, PATIENCE);

  test.each([
    'flavor list',
    'flavor show m1.tiny -c id -c ram -c vcpus -c disk -c swap',
    'image list',
    `image show ${IMAGE} -c id -c name -c status -c visibility -c min_disk -c min_ram -c size`,
    'keypair list -c Name -c Fingerprint',
    'network list -c ID -c Name',
    'availability zone list',
    'security group list -c ID -c Name -c Description',
  ])('%s', async (command) => {
    const [direct, viaGateways] = await both(command);
    expect(direct).toEqual(viaGateways);
  });

  test('token issue, catalog list, quota show, limits show', async () => {
    expect((await through.json('token issue')).project_id).toBe(target.acme.projectId);
    expect(JSON.stringify(await through.json('catalog list'))).toContain(`${target.url}/compute/v2.1`);
    expect(await through.json('quota show')).toMatchObject({ instances: 100 });
    expect(await through.json('limits show --absolute')).toContainEqual({
      Name: 'maxTotalInstances',
      Value: 100,
    });
  });

  test('keypair create, show, delete', async () => {
    expect(await through.print('keypair create chain-pair')).toContain('PRIVATE KEY');
    const [direct, viaGateways] = await both('keypair show chain-pair -c name -c fingerprint -c user_id');
    expect(direct).toEqual(viaGateways);
    await through.print('keypair delete chain-pair');
    expect(await directly.names('keypair list')).not.toContain('chain-pair');
  });

  test('server create, list, show, stop, start, reboot, change, delete', async () => {
    const before = await target.acme.openStack.belongings();
    const created = await through.json(
      `server create --flavor m1.tiny --image ${IMAGE} --network acme-private --key-name acme-key --property team=blue --wait chain-server`,
    );
    expect(created).toMatchObject({ name: 'chain-server', status: 'ACTIVE' });
    const row = async (commands: OpenStackCommands) =>
      (await commands.json('server list')).find(({ ID }: { ID: string }) => ID === created.id);
    expect(await row(through)).toEqual(await row(directly));
    const [direct, viaGateways] = await both('server show chain-server');
    expect({ ...viaGateways, ...LOST }).toMatchObject({ ...direct, ...LOST });

    await through.print('server stop chain-server');
    await until('chain-server', 'SHUTOFF');
    expect((await directly.json('server show chain-server')).status).toBe('SHUTOFF');
    await through.print('server start chain-server');
    await until('chain-server', 'ACTIVE');
    await through.print('server reboot --wait chain-server');
    await through.print('server set --property team=green --name chain-renamed chain-server');
    expect((await directly.json('server show chain-renamed')).properties).toMatchObject({ team: 'green' });
    await through.print('server delete --wait chain-renamed');
    expect((await directly.run('server show chain-renamed')).code).not.toBe(0);
    await expect.poll(() => target.acme.openStack.belongings()).toEqual(before);
  }, 400_000);

  test('security group set, rule create with a group; server add and remove security group', async () => {
    await through.print('security group create chain-new');
    await through.print('security group set --name chain-group --description changed chain-new');
    await through.print(
      'security group rule create --proto tcp --dst-port 5432 --remote-group chain-group chain-group',
    );
    const remote = (rules: Record<string, unknown>[]) =>
      rules.map((rule) => [rule['IP Protocol'], rule['Remote Security Group']]);
    const [direct, viaGateways] = await both('security group rule list chain-group');
    expect(remote(viaGateways)).toEqual(remote(direct));
    const { id } = await (await target.acme.client()).boot({
      name: 'chain-grouped',
      flavor_id: 'm1.tiny',
      image_id: IMAGE,
      network_id: target.acme.networkId,
    });
    const groups = async () =>
      (await directly.json(`server show ${id}`)).security_groups
        .map(({ name }: { name: string }) => name)
        .sort();
    await through.print(`server add security group ${id} chain-group`);
    expect(await groups()).toEqual(['chain-group', 'default']);
    await through.print(`server remove security group ${id} chain-group`);
    expect(await groups()).toEqual(['default']);
    await through.print(`server delete --wait ${id}`);
    await through.print('security group delete chain-group');
  }, 400_000);

  test(
    'volume create, list, show, delete, snapshot; server add and remove volume',
    () => exerciseVolumes(through, 'chain'),
    400_000,
  );

  test(
    'floating ip create, list, show, delete; server add and remove floating ip and network',
    async () => exerciseNetworks(through, await target.acme.client(), 'chain'),
    400_000,
  );

  test('server create --boot-from-volume', () => exerciseBootFromVolume(through, 'chain'), 400_000);

  test('console log show, console url show, server event list and show', async () => {
    const { id } = await (await target.acme.client()).boot({
      name: 'chain-operations',
      flavor_id: 'm1.tiny',
      image_id: IMAGE,
    });
    expect(await through.print(`console log show --lines 1 ${id}`)).toBe(
      await directly.print(`console log show --lines 1 ${id}`),
    );
    expect((await through.json(`console url show ${id}`)).url).toMatch(/^https?:/);
    const [viaGateways, direct] = await both(`server event list ${id}`);
    expect(viaGateways[0]).toMatchObject({ Action: 'create', 'Request ID': direct[0]['Request ID'] });
    const shown = await through.json(`server event show ${id} ${direct[0]['Request ID']}`);
    expect(shown).toMatchObject({ action: 'create' });
    await through.print(`server delete --wait ${id}`);
  }, 400_000);

  test('an operation that a redu cloud lacks is rejected by name', async () => {
    const { code, err } = await through.run('router create chain-router');
    expect([code, err]).toEqual([1, expect.stringContaining('cannot do this: POST routers')]);
  });
});

test.each(CLIENT_PROGRAMS.filter(([name]) => name === 'libcloud'))(
  '%s: list, create, get, reboot, delete',
  async (name, program) => {
    const { acme, url } = target;
    const imageId = (await acme.openStack.image('GET', `/images?name=${IMAGE}`)).body.images[0].id;
    // A redu cloud does not return names of projects.
    const [project, network] = [acme.projectId, acme.networkId];
    const given = { url, key, project, network, image: IMAGE, imageId, name: `chain-${name}` };
    expect(await runClient(program, given)).toMatchObject({
      name: `chain-${name}`,
      listed: true,
      rebooted: true,
      destroyed: true,
    });
  },
  400_000,
);

/** Not returned by a redu cloud; docs/dialects.md. */
const LOST = {
  'OS-SRV-USG:launched_at': null,
  hostId: '',
  properties: null,
};
