import type { ApiKey, NewApiKey } from '../../client/index.ts';
import { announce } from './announce.ts';
import { client, clientOf, SESSION_RENEWED } from './api.ts';
import { confirm } from './dialog.ts';
import { h, nodes } from './dom.ts';
import { field, form, input, textOf, tick, ticks } from './field.ts';
import { expiryField, expiryIn, keyTable, SCOPES, showKeyOnce } from './key-parts.ts';
import { signIn } from './session.ts';
import { credentialFields, credentialsIn } from './sign-in.ts';
import { type CustomerContext, go, type View } from './view.ts';

export const keysView: View<CustomerContext> = {
  name: 'keys',
  title: 'API keys',
  headingAction: ({ state }) =>
    state.sign_in_methods.users ? h('a', { class: 'button primary', href: '#/issue' }, 'Issue a key') : null,
  async show({ session, signal }) {
    const place = h('div', { class: 'stack' });
    const show = async () => {
      const keys = await client.apiKeys.list({}, { signal });
      const newest = keys.toSorted((a, b) => (a.created_at < b.created_at ? 1 : -1));
      const isLive = ({ state }: ApiKey) => state === 'active' || state === 'disabled';
      const isCurrent = ({ id }: ApiKey) => id === session.key.id;
      const actions = (key: ApiKey) => [
        !(session.owned && isCurrent(key)) && useLink(key),
        !(session.owned && isCurrent(key)) &&
          key.rotated_to === null &&
          rotateButton(key, session.key.id, show),
        revokeButton(key, session.key.id, show),
      ];
      const ended = newest.filter((key) => !isLive(key));
      place.replaceChildren(
        keyTable(newest.filter(isLive), { isCurrent, actions }),
        ...nodes([
          ended.length > 0 &&
            h(
              'details',
              {},
              h('summary', {}, `Ended keys (${ended.length})`),
              keyTable(ended, { actions: () => [] }),
            ),
        ]),
      );
    };
    await show();
    return place;
  },
};

export const issueView: View<CustomerContext> = {
  name: 'issue',
  title: 'Issue a key',
  within: 'keys',
  async show({ session, state, signal }) {
    const me = await client.me({ signal });
    const known = session.key.user_id === null ? {} : { username: me.username, project: me.project_id };
    return h(
      'div',
      { class: 'card narrow' },
      form(
        {
          action: 'Issue key',
          secondary: h('a', { class: 'button', href: '#/keys' }, 'Cancel'),
          async onSubmit(data) {
            const key = await client.apiKeys.create({
              name: textOf(data, 'name') ?? '',
              scopes: data.getAll('scopes') as NewApiKey['scopes'] & never[],
              expires_at: expiryIn(data),
              credentials: credentialsIn(data),
            });
            announce(`Key ${key.name} issued`);
            showKeyOnce(key, state, () => go('keys'));
          },
        },
        field('Name', input('name', { required: true, maxlength: 255 }), 'A label for you.'),
        ticks(
          'Scopes',
          SCOPES.filter(([scope]) => scope !== 'admin').map(([scope, label]) =>
            tick('scopes', label, { value: scope, isTicked: true }),
          ),
          'Permissions of the key.',
        ),
        expiryField(),
        h(
          'fieldset',
          {},
          h('legend', {}, 'Sign in again'),
          h('p', { class: 'hint' }, 'A key outlives this session, so your cloud credentials are required.'),
          ...credentialFields(known),
        ),
      ),
    );
  },
};

function useLink(key: ApiKey): HTMLElement {
  return h('a', { class: 'button small', href: `#/code/${key.id}`, 'aria-label': `Use ${key.name}` }, 'Use');
}

function revokeButton(key: ApiKey, currentId: string, onDone: () => Promise<void>): HTMLElement {
  const isCurrent = key.id === currentId;
  const onclick = () =>
    confirm({
      title: `Revoke ${key.name}?`,
      text: isCurrent
        ? 'You are signed in with this key: you are signed out, and all other uses of it are rejected immediately.'
        : 'All uses of it are rejected immediately. This cannot be undone.',
      action: 'Revoke',
      isDangerous: true,
      async onConfirm() {
        await client.apiKeys.revoke(key.id);
        announce(`Key ${key.name} revoked`);
        await onDone();
      },
    });
  return h(
    'button',
    { type: 'button', class: 'small danger-text', 'aria-label': `Revoke ${key.name}`, onclick },
    'Revoke',
  );
}

const OVERLAP = [
  ['0', 'immediately'],
  ['3600', 'in an hour'],
  ['86400', 'in a day'],
  ['604800', 'in a week'],
] as const;

/** Rotation needs the text of the key, because its credential is sealed with it. */
function rotateButton(key: ApiKey, currentId: string, onDone: () => Promise<void>): HTMLElement {
  const isCurrent = key.id === currentId;
  const onclick = () =>
    confirm({
      title: `Rotate ${key.name}`,
      text: 'Creates a successor with the same rights and limits.',
      action: 'Rotate',
      fields: [
        !isCurrent &&
          field(
            'Current key',
            input('api_key', { type: 'password', required: true, placeholder: `ln_${key.id}_…` }),
            'Required because its credential is sealed with it. It is not stored.',
          ),
        field(
          'The old key expires',
          h(
            'select',
            { name: 'overlap_seconds' },
            ...OVERLAP.map(([value, label]) => h('option', { value }, label)),
          ),
        ),
      ],
      async onConfirm(data) {
        const overlap_seconds = Number(textOf(data, 'overlap_seconds') ?? 0);
        const by = isCurrent ? client : clientOf((textOf(data, 'api_key') ?? '').trim());
        const successor = await by.apiKeys.rotate(key.id, { overlap_seconds });
        // The session continues with the successor.
        if (isCurrent) await signIn({ api_key: successor.key });
        announce(`Key ${key.name} rotated`);
        showKeyOnce(successor, null, () =>
          isCurrent ? window.dispatchEvent(new Event(SESSION_RENEWED)) : void onDone(),
        );
      },
    });
  return h(
    'button',
    { type: 'button', class: 'small', 'aria-label': `Rotate ${key.name}`, onclick },
    'Rotate',
  );
}
