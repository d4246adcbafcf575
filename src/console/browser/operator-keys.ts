import type { ApiKey, NewApiKey } from '../../client/index.ts';
import { announce, announceError } from './announce.ts';
import { request } from './api.ts';
import { confirm } from './dialog.ts';
import { h } from './dom.ts';
import { actionButton, stack } from './elements.ts';
import { cardForm, field, form, input, same, select, textOf } from './field.ts';
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
import { growingList } from './pages.ts';
import type { OperatorSession } from './session.ts';
import { go, type OperatorContext, type View } from './view.ts';

export const operatorKeysView: View<OperatorContext> = {
  name: 'all-keys',
  title: 'Keys',
  headingAction: () => h('a.button.primary', { href: '#/new-key' }, 'New service key'),
  async show({ session, rest }) {
    const text = decodeURIComponent(rest);
    const query = { sort: '-created_at', ...(text !== '' && { q: text }) };
    const list = await growingList<ApiKey>('/admin/v1/keys', query, (keys, redraw) => {
      const put = (key: ApiKey) => {
        const at = keys.findIndex(({ id }) => id === key.id);
        keys.splice(at, 1, key);
        redraw();
      };
      return keyTable(keys, { withProject: true, actions: (key) => actionsOf(key, session, put) });
    });
    const filter = form(
      {
        action: 'Search',
        onSubmit: async (data) => go(`all-keys/${encodeURIComponent(textOf(data, 'q') ?? '')}`),
      },
      field(
        'Search keys',
        input('q', { value: text, maxlength: 255, placeholder: 'name, id, project or user' }),
      ),
    );
    filter.classList.add('inline');
    return stack(filter, list);
  },
};

function planField({ plans }: OperatorSession): HTMLElement {
  return field('Plan', select('plan', same(plans.map(({ name }) => name))));
}

function actionsOf(key: ApiKey, session: OperatorSession, put: (key: ApiKey) => void): Node[] {
  if (key.state === 'revoked' || key.state === 'expired') return [];
  const path = `/admin/v1/keys/${key.id}`;
  const change = async (body: object) => {
    put(await request<ApiKey>('PATCH', path, body));
    announce(`Key ${key.name} changed`);
  };
  const askForPlan = () =>
    confirm({
      title: `Plan of ${key.name}`,
      text: 'Effective from the next request.',
      action: 'Change',
      fields: [planField(session)],
      onConfirm: (data) => change({ plan: textOf(data, 'plan') }),
    });
  return [
    actionButton(key.disabled ? 'Enable' : 'Disable', key.name, () =>
      change({ disabled: !key.disabled }).catch(announceError),
    ),
    actionButton('Plan', key.name, askForPlan),
    revokeButton(key, async () => {
      await request('DELETE', path);
      put(await request<ApiKey>('GET', path));
    }),
  ];
}

/** A key for a project whose customer has no cloud user. */
export const newServiceKeyView: View<OperatorContext> = {
  name: 'new-key',
  title: 'New service key',
  within: 'all-keys',
  async show({ session, state }) {
    const health = await request<{ regions?: Record<string, string> }>('GET', '/admin/v1/health');
    const regions = Object.keys(health.regions ?? {});
    return cardForm(
      'all-keys',
      {
        action: 'Create key',
        async onSubmit(data) {
          const key = await request<NewApiKey>('POST', '/admin/v1/keys', {
            name: textOf(data, 'name'),
            project_id: textOf(data, 'project_id'),
            scopes: data.getAll('scopes'),
            regions: regionsIn(data, regions),
            plan: textOf(data, 'plan'),
            expires_at: expiryIn(data),
          });
          showKeyOnce(key, state, () => go('all-keys'));
        },
      },
      field('Name', input('name', { required: true, maxlength: 255 })),
      field(
        'Project',
        input('project_id', { required: true, spellcheck: 'false' }),
        'Project ID. The key acts there as the gateway’s account.',
      ),
      scopeTicks(true),
      regionTicks(regions),
      planField(session),
      expiryField(),
    );
  },
};
