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

/** The caller's keys in the project. */
export const keysView: View<CustomerContext> = {
  name: 'keys',
  title: 'API keys',
  beside: ({ state: standing }) =>
    standing.signInMethods.users ? h('a', { class: 'button primary', href: '#/issue' }, 'Issue a key') : null,
  async show({ session, signal }) {
    const place = h('div', { class: 'stack' });
    const show = async () => {
      const keys = await client.apiKeys.list({}, { signal });
      const newest = keys.toSorted((a, b) => (a.created_at < b.created_at ? 1 : -1));
      const isLiving = ({ state }: ApiKey) => state === 'active' || state === 'disabled';
      const isCurrent = ({ id }: ApiKey) => id === session.key.id;
      const actions = (key: ApiKey) => [
        !(session.owned && isCurrent(key)) && useLink(key),
        // The key of this session ends with it, and needs no successor.
        !(session.owned && isCurrent(key)) &&
          key.rotated_to === null &&
          rotateButton(key, session.key.id, show),
        revokeButton(key, session.key.id, show),
      ];
      const ended = newest.filter((key) => !isLiving(key));
      place.replaceChildren(
        keyTable(newest.filter(isLiving), { isCurrent, actions }),
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

/** A key of one's own, for another tool. */
export const issueView: View<CustomerContext> = {
  name: 'issue',
  title: 'Issue a key',
  within: 'keys',
  async show({ session, state: standing, signal }) {
    const me = await client.me({ signal });
    const known = session.key.user_id === null ? {} : { username: me.username, project: me.project_id };
    return h(
      'div',
      { class: 'card narrow' },
      form(
        {
          action: 'Issue key',
          beside: h('a', { class: 'button', href: '#/keys' }, 'Cancel'),
          async onSubmit(data) {
            const key = await client.apiKeys.create({
              name: textOf(data, 'name') ?? '',
              scopes: data.getAll('scopes') as NewApiKey['scopes'] & never[],
              expires_at: expiryIn(data),
              credentials: credentialsIn(data),
            });
            announce(`The key ${key.name} is issued`);
            showKeyOnce(key, standing, () => go('keys'));
          },
        },
        field('Name', input('name', { required: true, maxlength: 255 }), 'For you to know it by.'),
        ticks(
          'Scopes',
          SCOPES.filter(([scope]) => scope !== 'admin').map(([scope, label]) =>
            tick('scopes', label, { value: scope, isTicked: true }),
          ),
          'What the key may do.',
        ),
        expiryField(),
        h(
          'fieldset',
          {},
          h('legend', {}, 'Sign in once more'),
          h('p', { class: 'hint' }, 'A key outlives this session, so the cloud is asked whether it is you.'),
          ...credentialFields(known),
        ),
      ),
    );
  },
};

function useLink(key: ApiKey): HTMLElement {
  return h(
    'a',
    { class: 'button small', href: `#/code/${key.id}`, 'aria-label': `Code for ${key.name}` },
    'Code',
  );
}

function revokeButton(key: ApiKey, currentId: string, onDone: () => Promise<void>): HTMLElement {
  const isCurrent = key.id === currentId;
  const onclick = () =>
    confirm({
      title: `Revoke ${key.name}?`,
      text: isCurrent
        ? 'It is the key you are signed in with: you are signed out, and whatever else uses it is refused at once.'
        : 'Whatever uses it is refused at once. This cannot be taken back.',
      action: 'Revoke',
      isDangerous: true,
      async onConfirm() {
        await client.apiKeys.revoke(key.id);
        announce(`The key ${key.name} is revoked`);
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
  ['0', 'at once'],
  ['3600', 'in an hour'],
  ['86400', 'in a day'],
  ['604800', 'in a week'],
] as const;

/** A key's credential is sealed with the key itself, so that nobody can rotate it who does not have it. */
function rotateButton(key: ApiKey, currentId: string, onDone: () => Promise<void>): HTMLElement {
  const isCurrent = key.id === currentId;
  const onclick = () =>
    confirm({
      title: `Rotate ${key.name}`,
      text: 'It gets a successor with the same rights and limits.',
      action: 'Rotate',
      fields: [
        !isCurrent &&
          field(
            'The key itself',
            input('api_key', { type: 'password', required: true, placeholder: `ln_${key.id}_…` }),
            'What it opens is sealed with it, so it cannot be rotated without. It is not kept.',
          ),
        field(
          'The old key ends',
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
        // The session goes on with the successor.
        if (isCurrent) await signIn({ api_key: successor.key });
        announce(`The key ${key.name} is rotated`);
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
