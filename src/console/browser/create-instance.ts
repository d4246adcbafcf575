import type { NewInstance } from '../../client/index.ts';
import { client } from './api.ts';
import { h } from './dom.ts';
import { byId, cardForm, field, input, same, select, textOf, tick, ticks } from './field.ts';
import { type CustomerContext, go, type View } from './view.ts';

export const createInstanceView: View<CustomerContext> = {
  name: 'create',
  title: 'Create instance',
  within: 'instances',
  async show({ instances, signal }) {
    const options = { signal };
    const [flavors, images, networks, keypairs, groups] = await Promise.all([
      client.flavors.list({}, options),
      client.images.list({}, options),
      client.networks.list({}, options),
      client.keypairs.list({}, options),
      client.securityGroups.list({}, options),
    ]);
    const sizes = flavors
      .toSorted((a, b) => a.vcpus - b.vcpus || a.ram_mb - b.ram_mb)
      .map(({ id, name, vcpus, ram_mb, disk_gb }) => {
        return [id, `${name}: ${vcpus} vCPU, ${memory(ram_mb)}, ${disk_gb} GB disk`] as const;
      });
    const bootable = images.filter(({ status }) => status === 'active');
    const own = networks.filter(({ external }) => !external);
    const names = keypairs.map(({ name }) => name);
    return cardForm(
      'instances',
      {
        action: 'Create',
        async onSubmit(data) {
          await client.instances.create(requestOf(data));
          instances.pollNow();
          go('instances');
        },
      },
      field('Name', input('name', { required: true, maxlength: 255, spellcheck: 'false' })),
      field('Flavor', select('flavor_id', sizes)),
      field('Image', select('image_id', byId(bootable))),
      field('Network', select('network_id', byId(own))),
      field(
        'Key pair',
        select('keypair_name', [['', 'none'], ...same(names)]),
        'Public key to install for SSH.',
      ),
      ticks('Access', [
        tick('isPublic', 'Public address', { hint: 'A floating IP, reachable from the internet.' }),
        tick('enableSSH', 'SSH', { hint: 'Opens TCP port 22 to all addresses.' }),
      ]),
      h(
        'details',
        h('summary', 'Security groups and user data'),
        ticks(
          'Security groups',
          groups.map(({ name }) => tick('security_group_names', name, { value: name })),
          'By default the group named default.',
        ),
        field(
          'User data',
          h('textarea', { name: 'user_data', rows: 6, spellcheck: 'false', placeholder: '#cloud-config' }),
          'For cloud-init, in plain text or base64.',
        ),
      ),
    );
  },
};

function requestOf(data: FormData): NewInstance {
  const groups = data.getAll('security_group_names').map(String);
  return {
    name: textOf(data, 'name') ?? '',
    flavor_id: textOf(data, 'flavor_id') ?? '',
    image_id: textOf(data, 'image_id') ?? '',
    network_id: textOf(data, 'network_id') ?? null,
    keypair_name: textOf(data, 'keypair_name') ?? null,
    user_data: textOf(data, 'user_data') ?? null,
    ...(groups.length > 0 && { security_group_names: groups }),
    metadata: { isPublic: data.has('isPublic'), enableSSH: data.has('enableSSH') },
  };
}

function memory(megabytes: number): string {
  return megabytes < 1024 ? `${megabytes} MB` : `${Math.round(megabytes / 102.4) / 10} GB`;
}
