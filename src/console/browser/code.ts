import { client, region } from './api.ts';
import { snippet } from './copy.ts';
import { h } from './dom.ts';
import { card, stack } from './elements.ts';
import { field, select } from './field.ts';
import { exportOf, LANGUAGES, sampleOf } from './samples.ts';
import type { CustomerContext, View } from './view.ts';

export const codeView: View<CustomerContext> = {
  name: 'code',
  title: 'Quick start',
  async show({ session, state, rest, signal }) {
    const all = await client.apiKeys.list({}, { signal });
    const keys = all.filter(
      ({ id, state }) => state === 'active' && !(session.owned && id === session.key.id),
    );
    const languages = LANGUAGES.filter((language) => language !== 'openstack' || state.nova);
    const place = stack();
    const labels = keys.map(({ id, name }) => [id, `${name} (ln_${id.slice(0, 4)}…)`] as const);
    const choice = select('key', labels);
    const show = () => {
      const key = keys.find(({ id }) => id === choice.value);
      const names = { keyId: key?.id ?? 'ID', keyName: key?.name ?? 'yours' };
      const context = { url: state.url, region, ...names };
      place.replaceChildren(
        card('Set the key in the environment', snippet(exportOf(context), 'the command that sets the key')),
        ...languages.map((language) =>
          card(language, snippet(sampleOf(language, context), `the sample for ${language}`)),
        ),
      );
    };
    choice.addEventListener('change', show);
    if (keys.some(({ id }) => id === rest)) choice.value = rest;
    show();
    const none = h('p.note', 'Issue a key first: its id will appear here.');
    return stack(keys.length === 0 ? none : field('Key', choice), place);
  },
};
