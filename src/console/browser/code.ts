import { client } from './api.ts';
import { snippet } from './copy.ts';
import { h, nodes } from './dom.ts';
import { field, select } from './field.ts';
import { exportOf, LANGUAGES, sampleOf } from './samples.ts';
import type { CustomerContext, View } from './view.ts';

/** Quick-start snippets for a key. */
export const codeView: View<CustomerContext> = {
  name: 'code',
  title: 'Quick start',
  async show({ session, state, rest, signal }) {
    const all = await client.apiKeys.list({}, { signal });
    const keys = all.filter(
      ({ id, state }) => state === 'active' && !(session.owned && id === session.key.id),
    );
    const languages = LANGUAGES.filter((language) => language !== 'openstack' || state.nova);
    const place = h('div', { class: 'stack' });
    const choice = select(
      'key',
      keys.map(({ id, name }) => ({ value: id, label: `${name} (ln_${id.slice(0, 4)}…)` })),
    );
    const show = () => {
      const key = keys.find(({ id }) => id === choice.value);
      const context = { url: state.url, keyId: key?.id ?? 'ID', keyName: key?.name ?? 'yours' };
      place.replaceChildren(
        ...nodes([
          section('Set the key in the environment', exportOf(context), 'the command that sets the key'),
          ...languages.map((language) =>
            section(language, sampleOf(language, context), `the sample for ${language}`),
          ),
        ]),
      );
    };
    choice.addEventListener('change', show);
    if (keys.some(({ id }) => id === rest)) choice.value = rest;
    show();
    const none = h('p', { class: 'note' }, 'Issue a key first: its id will appear here.');
    return h('div', { class: 'stack' }, keys.length === 0 ? none : field('Key', choice), place);
  },
};

function section(title: string, code: string, what: string): HTMLElement {
  return h('section', { class: 'card' }, h('h2', {}, title), snippet(code, what));
}
