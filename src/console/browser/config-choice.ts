import type { NewApiKey } from '../../client/index.ts';
import { clientOf, messageOf } from './api.ts';
import { snippet } from './copy.ts';
import { h } from './dom.ts';
import { field, select } from './field.ts';

const TOOLS = [
  ['', 'choose a tool'],
  ['clouds.yaml', 'openstack, Ansible and Python: clouds.yaml'],
  ['openrc', 'openstack: openrc, for a shell'],
  ['terraform', 'Terraform and OpenTofu: provider block'],
  ['cloud.conf', 'Kubernetes: cloud.conf'],
  ['rclone', 'rclone: remote'],
  ['env', 'linguanova client: .env'],
] as const;

/** The configuration of a tool with a new key in it. The key requests it, so that it names what this key may use. */
export function configChoice({ key }: NewApiKey): HTMLElement {
  const client = clientOf(key);
  const place = h('div', { 'aria-live': 'polite' });
  const choice = select('config', TOOLS);
  choice.addEventListener('change', async () => {
    const format = TOOLS.map(([value]) => value).find((value) => value === choice.value);
    if (!format) return place.replaceChildren();
    const shown = await client.config(format).then(
      (text) => snippet(text.replaceAll('<SECRET>', key), 'the configuration'),
      (error) => h('p.note', messageOf(error)),
    );
    if (choice.value === format) place.replaceChildren(shown);
  });
  return h('div.stack', field('Configuration', choice), place);
}
