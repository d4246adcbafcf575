import type { Instance, InstanceAction } from '../../client/index.ts';
import { announce } from './announce.ts';
import { client, messageOf } from './api.ts';
import { confirm } from './dialog.ts';
import { type Child, h } from './dom.ts';
import { field, input, select, textOf } from './field.ts';
import { ACTIONS, type Action } from './instance-labels.ts';
import type { LiveInstances } from './live.ts';

type Named = Pick<Instance, 'id' | 'name'>;

/** Runs an action, after a dialog if it has parameters. */
export function actButton(instance: Named, action: Action, instances: LiveInstances): HTMLButtonElement {
  const { label, hint } = ACTIONS[action];
  const button = h(
    'button',
    {
      type: 'button',
      class: 'small',
      title: hint,
      'data-focus': action,
      'aria-label': `${label} ${instance.name}`,
      onclick: () => begin(),
    },
    label,
  );
  async function begin(): Promise<void> {
    const question = QUESTIONS[action];
    if (question !== undefined) return question(instance, instances);
    if (button.getAttribute('aria-busy') === 'true') return;
    button.setAttribute('aria-busy', 'true');
    await act(instance, { action } as InstanceAction, instances)
      .catch((error: unknown) => announce(`${instance.name}: ${messageOf(error)}`, 'bad'))
      .finally(() => button.removeAttribute('aria-busy'));
  }
  return button;
}

/** Deletes an instance after confirmation. */
export function deleteButton(
  instance: Named,
  instances: LiveInstances,
  onDone?: () => void,
): HTMLButtonElement {
  const { id, name } = instance;
  return h(
    'button',
    {
      type: 'button',
      class: 'small danger-text',
      'data-focus': 'delete',
      'aria-label': `Delete ${name}`,
      onclick: () =>
        confirm({
          title: `Delete ${name}?`,
          text: 'Its disk and public address are deleted too. This cannot be undone.',
          action: 'Delete',
          isDangerous: true,
          async onConfirm() {
            await client.instances.delete(id);
            instances.pollNow();
            onDone?.();
          },
        }),
    },
    'Delete',
  );
}

async function act(instance: Named, body: InstanceAction, instances: LiveInstances): Promise<void> {
  const { admin_password } = await client.instances.act(instance.id, body);
  const { accepted } = ACTIONS[body.action];
  if (accepted !== undefined) announce(`${instance.name} ${accepted}`);
  if (admin_password !== undefined) announce(`Temporary admin password: ${admin_password}`);
  instances.pollNow();
}

type Question = (instance: Named, instances: LiveInstances) => Promise<void>;

/** Dialogs for actions with parameters. */
const QUESTIONS: Partial<Record<Action, Question>> = {
  async reboot(instance, instances) {
    const kinds = [
      { value: 'soft', label: 'Soft: ask the guest OS' },
      { value: 'hard', label: 'Hard: power off and on' },
    ];
    confirmAction(
      instance,
      'reboot',
      'It is briefly unavailable.',
      [field('How', select('type', kinds))],
      (data) =>
        act(
          instance,
          { action: 'reboot', type: textOf(data, 'type') === 'hard' ? 'hard' : 'soft' },
          instances,
        ),
    );
  },
  async snapshot(instance, instances) {
    const name = input('name', { required: true, value: `${instance.name} snapshot` });
    confirmAction(instance, 'snapshot', 'Saves its disk as an image.', [field('Image name', name)], (data) =>
      act(instance, { action: 'snapshot', name: textOf(data, 'name') ?? '' }, instances),
    );
  },
  async resize(instance, instances) {
    const flavors = await client.flavors.list();
    const options = flavors.map(({ id, name, vcpus, ram_mb }) => ({
      value: id,
      label: `${name}: ${vcpus} vCPU, ${ram_mb} MB`,
    }));
    const text = 'It restarts. Afterwards confirm or revert the new size.';
    confirmAction(instance, 'resize', text, [field('Flavor', select('flavor_id', options))], (data) =>
      act(instance, { action: 'resize', flavor_id: textOf(data, 'flavor_id') ?? '' }, instances),
    );
  },
  async rebuild(instance, instances) {
    const images = await client.images.list();
    const options = images.map(({ id, name }) => ({ value: id, label: name }));
    const text = 'Overwrites its disk with the image; all data on it is lost.';
    confirmAction(instance, 'rebuild', text, [field('Image', select('image_id', options))], (data) =>
      act(instance, { action: 'rebuild', image_id: textOf(data, 'image_id') ?? '' }, instances),
    );
  },
};

function confirmAction(
  { name }: Named,
  action: Action,
  text: string,
  fields: readonly Child[],
  onConfirm: (data: FormData) => Promise<void>,
): void {
  const { label } = ACTIONS[action];
  confirm({
    title: `${label} ${name}`,
    text,
    action: label,
    isDangerous: action === 'rebuild',
    fields,
    onConfirm: onConfirm,
  });
}
