import type { Instance, InstanceAction } from '../../client/index.ts';
import { announce } from './announce.ts';
import { client, messageOf } from './api.ts';
import { confirm } from './dialog.ts';
import type { Child } from './dom.ts';
import { actionButton, whileBusy } from './elements.ts';
import { byId, field, input, select, textOf } from './field.ts';
import { ACTIONS, type Action } from './instance-labels.ts';
import type { LiveInstances } from './live.ts';

type Named = Pick<Instance, 'id' | 'name'>;

/** Runs an action, after a dialog if it has parameters. */
export function actButton(instance: Named, action: Action, instances: LiveInstances): HTMLButtonElement {
  const { label, hint } = ACTIONS[action];
  const begin = () => {
    const question = QUESTIONS[action];
    if (question !== undefined) return question(instance, instances);
    return whileBusy(button, () =>
      act(instance, { action } as InstanceAction, instances).catch((error: unknown) =>
        announce(`${instance.name}: ${messageOf(error)}`, 'bad'),
      ),
    );
  };
  const button = actionButton(label, instance.name, begin, { title: hint, 'data-focus': action });
  return button;
}

export function deleteButton({ id, name }: Named, instances: LiveInstances): HTMLButtonElement {
  const ask = () =>
    confirm({
      title: `Delete ${name}?`,
      text: 'Its disk and public address are deleted too. This cannot be undone.',
      action: 'Delete',
      isDangerous: true,
      async onConfirm() {
        await client.instances.delete(id);
        instances.pollNow();
      },
    });
  return actionButton('Delete', name, ask, { class: 'small danger-text', 'data-focus': 'delete' });
}

async function act(instance: Named, body: InstanceAction, instances: LiveInstances): Promise<void> {
  const { admin_password } = await client.instances.act(instance.id, body);
  const { accepted } = ACTIONS[body.action];
  if (accepted !== undefined) announce(`${instance.name} ${accepted}`);
  if (admin_password !== undefined) announce(`Temporary admin password: ${admin_password}`);
  instances.pollNow();
}

type Question = (instance: Named, instances: LiveInstances) => Promise<void>;

const QUESTIONS: Partial<Record<Action, Question>> = {
  async reboot(instance, instances) {
    const kinds = [
      ['soft', 'Soft: ask the guest OS'],
      ['hard', 'Hard: power off and on'],
    ] as const;
    const fields = [field('How', select('type', kinds))];
    askFor('reboot', instance, instances, 'It is briefly unavailable.', fields, (data) => {
      return { action: 'reboot', type: textOf(data, 'type') === 'hard' ? 'hard' : 'soft' };
    });
  },
  async snapshot(instance, instances) {
    const name = input('name', { required: true, value: `${instance.name} snapshot` });
    askFor(
      'snapshot',
      instance,
      instances,
      'Saves its disk as an image.',
      [field('Image name', name)],
      (data) => {
        return { action: 'snapshot', name: textOf(data, 'name') ?? '' };
      },
    );
  },
  async resize(instance, instances) {
    const options = (await client.flavors.list()).map(({ id, name, vcpus, ram_mb }) => {
      return [id, `${name}: ${vcpus} vCPU, ${ram_mb} MB`] as const;
    });
    const text = 'It restarts. Afterwards confirm or revert the new size.';
    askFor('resize', instance, instances, text, [field('Flavor', select('flavor_id', options))], (data) => {
      return { action: 'resize', flavor_id: textOf(data, 'flavor_id') ?? '' };
    });
  },
  async rebuild(instance, instances) {
    const images = byId(await client.images.list());
    const text = 'Overwrites its disk with the image; all data on it is lost.';
    askFor('rebuild', instance, instances, text, [field('Image', select('image_id', images))], (data) => {
      return { action: 'rebuild', image_id: textOf(data, 'image_id') ?? '' };
    });
  },
};

function askFor(
  action: Action,
  instance: Named,
  instances: LiveInstances,
  text: string,
  fields: readonly Child[],
  bodyOf: (data: FormData) => InstanceAction,
): void {
  const { label } = ACTIONS[action];
  const onConfirm = (data: FormData) => act(instance, bodyOf(data), instances);
  const isDangerous = action === 'rebuild';
  confirm({ title: `${label} ${instance.name}`, text, action: label, isDangerous, fields, onConfirm });
}
