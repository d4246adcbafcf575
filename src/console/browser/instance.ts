import type { InstanceDetail } from '../../client/index.ts';
import { announce } from './announce.ts';
import { client, messageOf } from './api.ts';
import { copyable } from './copy.ts';
import { type Child, h, nodes } from './dom.ts';
import { button, card, whileBusy } from './elements.ts';
import { actButton, deleteButton } from './instance-actions.ts';
import { actionsIn, publicAddress, stateBadge } from './instance-labels.ts';
import type { LiveInstances } from './live.ts';
import { loadNames, nameOf } from './names.ts';
import { moment } from './times.ts';
import { type CustomerContext, go, type View } from './view.ts';

export const instanceView: View<CustomerContext> = {
  name: 'instance',
  title: 'Instance',
  within: 'instances',
  async show({ instances, rest, signal }) {
    const id = decodeURIComponent(rest);
    const place = h('div');
    await loadNames().catch(() => {});
    let shown = '';
    const show = async () => {
      const detail = await client.instances.get(id, { signal });
      const text = JSON.stringify(detail);
      if (text === shown) return;
      shown = text;
      const heading = document.querySelector('h1');
      if (heading !== null) heading.textContent = detail.name;
      const focused = document.activeElement?.closest('[data-focus]')?.getAttribute('data-focus');
      const hadFocus = place.contains(document.activeElement);
      place.replaceChildren(...nodes(contentOf(detail, instances)));
      if (hadFocus) (place.querySelector<HTMLElement>(`[data-focus="${focused}"]`) ?? heading)?.focus();
    };
    const showError = (error: unknown) => {
      if (signal.aborted) return;
      place.replaceChildren(h('p.note.bad', { role: 'alert' }, messageOf(error)));
    };
    let seen = JSON.stringify(instances.find(id));
    instances.watch(() => {
      const now = JSON.stringify(instances.find(id));
      if (now === seen) return;
      seen = now;
      if (instances.isLoaded && instances.find(id) === null) return go('instances');
      show().catch(showError);
    }, signal);
    await show().catch(showError);
    return place;
  },
};

function contentOf(instance: InstanceDetail, instances: LiveInstances): Child[] {
  const { state, locked, fault, metadata, addresses } = instance;
  const address = publicAddress(instance);
  const isPublic = metadata.isPublic === 'true';
  const hasSsh = metadata.enableSSH === 'true';
  const privateAddresses = addresses
    .filter(({ type }) => type === 'fixed')
    .map(({ address, network }) => h('li', `${address} (${network})`));
  return [
    h(
      'div.row.spread',
      h('p', stateBadge(state), locked && h('span.badge.idle', 'locked')),
      h(
        'div.row',
        ...actionsIn(state).map((action) => actButton(instance, action, instances)),
        actButton(instance, locked ? 'unlock' : 'lock', instances),
        deleteButton(instance, instances),
      ),
    ),
    fault !== null && h('p.note.bad', fault.message),
    card(
      'Access',
      list([
        ['Public address', address === null ? 'none' : copyable(address, 'the public address')],
        ['Private addresses', h('ul.plain.mono', ...privateAddresses)],
        ['SSH', hasSsh ? 'open (TCP port 22)' : 'closed'],
        ['Key pair', instance.keypair_name ?? 'none'],
        ['Security groups', instance.security_group_names.join(', ') || 'none'],
        address !== null &&
          hasSsh && ['Command', copyable(`ssh ${userOf(instance)}@${address}`, 'the command')],
      ]),
      h(
        'div.row',
        accessButton(isPublic ? 'Release public address' : 'Get public address', 'isPublic', !isPublic),
        accessButton(hasSsh ? 'Close SSH' : 'Open SSH', 'enableSSH', !hasSsh),
      ),
    ),
    card(
      'Details',
      list([
        ['ID', copyable(instance.id, 'the id')],
        ['Flavor', nameOf(instance.flavor_id)],
        ['Image', instance.image_id === null ? 'none: booted from a volume' : nameOf(instance.image_id)],
        ['Zone', instance.availability_zone ?? 'none'],
        ['Created', moment(instance.created)],
        ['Changed', moment(instance.updated)],
        ...Object.entries(metadata)
          .filter(([name]) => !FLAGS.includes(name))
          .map(([name, value]): Row => [`Metadata: ${name}`, value]),
      ]),
    ),
  ];

  function accessButton(label: string, flag: 'isPublic' | 'enableSSH', wish: boolean): HTMLElement {
    const change = async () => {
      await client.instances
        .update(instance.id, { metadata: { [flag]: wish } })
        .then(() => announce(`${instance.name}: done`))
        .catch((error: unknown) => announce(`${instance.name}: ${messageOf(error)}`, 'bad'));
      instances.pollNow();
    };
    const element = button(label, () => whileBusy(element, change), { class: 'small', 'data-focus': flag });
    return element;
  }
}

const FLAGS: readonly string[] = ['isPublic', 'enableSSH', 'floatingIp'];

type Row = readonly [label: string, value: Child];

function list(rows: readonly (Row | false)[]): HTMLElement {
  const shown = rows.filter((row) => row !== false);
  return h('dl', ...shown.map(([label, value]) => h('div', h('dt', label), h('dd', value))));
}

/** The default user of a distribution's image has the distribution's name. */
function userOf({ image_id }: InstanceDetail): string {
  return /^(ubuntu|debian|fedora|rocky|almalinux)/i.exec(nameOf(image_id ?? ''))?.[0].toLowerCase() ?? 'root';
}
