import type { ApiKey, NewApiKey } from '../../client/index.ts';
import { announce } from './announce.ts';
import { client, clientOf, regionlessClient, SESSION_RENEWED } from './api.ts';
import { confirm } from './dialog.ts';
import { h, nodes } from './dom.ts';
import { actionButton, stack } from './elements.ts';
import { cardForm, field, input, select, textOf } from './field.ts';
import {
  expiryField,
  expiryIn,
  keyTable,
  regionsIn,
  regionTicks,
  revokeButton,
  scopeTicks,
  showKeyOnce,
} from './key-parts.ts';
import { signIn } from './session.ts';
import { credentialFields, credentialsIn } from './sign-in.ts';
import { type CustomerContext, go, type View } from './view.ts';

export const keysView: View<CustomerContext> = {
  name: 'keys',
  title: 'API keys',
  headingAction: ({ state }) =>
    state.sign_in_methods.users ? h('a.button.primary', { href: '#/issue' }, 'Issue a key') : null,
  async show({ session, signal }) {
    const place = stack();
    const show = async () => {
      const keys = await client.apiKeys.list({}, { signal });
      const newest = keys.toSorted((a, b) => (a.created_at < b.created_at ? 1 : -1));
      const isLive = ({ state }: ApiKey) => state === 'active' || state === 'disabled';
      const isCurrent = ({ id }: ApiKey) => id === session.key.id;
      const actions = (key: ApiKey) => {
        const ofSession = session.owned && isCurrent(key);
        return [
          !ofSession && useLink(key),
          !ofSession && key.rotated_to === null && rotateButton(key, isCurrent(key), show),
          revokeButton(
            key,
            () => client.apiKeys.revoke(key.id).then(show),
            isCurrent(key) ? REVOKE_CURRENT : undefined,
          ),
        ];
      };
      const ended = newest.filter((key) => !isLive(key));
      const summary = h('summary', `Ended keys (${ended.length})`);
      place.replaceChildren(
        keyTable(newest.filter(isLive), { isCurrent, actions }),
        ...nodes([ended.length > 0 && h('details', summary, keyTable(ended, { actions: () => [] }))]),
      );
    };
    await show();
    return place;
  },
};

const REVOKE_CURRENT =
  'You are signed in with this key: you are signed out, and all other uses of it are rejected immediately.';

export const issueView: View<CustomerContext> = {
  name: 'issue',
  title: 'Issue a key',
  within: 'keys',
  async show({ session, state, signal }) {
    const [me, listed] = await Promise.all([
      client.me({ signal }),
      regionlessClient.regions.list({}, { signal }),
    ]);
    const regions = listed.map(({ name }) => name);
    const known = session.key.user_id === null ? {} : { username: me.username, project: me.project_id };
    return cardForm(
      'keys',
      {
        action: 'Issue key',
        async onSubmit(data) {
          const key = await client.apiKeys.create({
            name: textOf(data, 'name') ?? '',
            scopes: data.getAll('scopes') as NewApiKey['scopes'] & never[],
            regions: regionsIn(data, regions),
            expires_at: expiryIn(data),
            credentials: credentialsIn(data),
          });
          announce(`Key ${key.name} issued`);
          showKeyOnce(key, state, () => go('keys'));
        },
      },
      field('Name', input('name', { required: true, maxlength: 255 }), 'A label for you.'),
      scopeTicks(false, 'Permissions of the key.'),
      regionTicks(regions),
      expiryField(),
      h(
        'fieldset',
        h('legend', 'Sign in again'),
        h('p.hint', 'A key outlives this session, so your cloud credentials are required.'),
        ...credentialFields(known),
      ),
    );
  },
};

function useLink(key: ApiKey): HTMLElement {
  return h('a.button.small', { href: `#/code/${key.id}`, 'aria-label': `Use ${key.name}` }, 'Use');
}

const OVERLAP = [
  ['0', 'immediately'],
  ['3600', 'in an hour'],
  ['86400', 'in a day'],
  ['604800', 'in a week'],
] as const;

/** Rotation needs the text of the key, because its credential is sealed with it. */
function rotateButton(key: ApiKey, isCurrent: boolean, onDone: () => Promise<void>): HTMLElement {
  const ask = () =>
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
        field('The old key expires', select('overlap_seconds', OVERLAP)),
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
  return actionButton('Rotate', key.name, ask);
}
