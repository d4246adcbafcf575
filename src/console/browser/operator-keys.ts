import type { ApiKey, NewApiKey } from '../../client/index.ts';
import { announce } from './announce.ts';
import { messageOf, request } from './api.ts';
import { confirm } from './dialog.ts';
import { h } from './dom.ts';
import { field, form, input, select, textOf, tick, ticks } from './field.ts';
import { expiryField, expiryIn, keyTable, SCOPES, showKeyOnce } from './key-parts.ts';
import { go, type OperatorContext, type View } from './view.ts';

interface Page {
  readonly items: readonly ApiKey[];
  readonly next_cursor: string | null;
}

export const operatorKeysView: View<OperatorContext> = {
  name: 'all-keys',
  title: 'Keys',
  headingAction: () => h('a', { class: 'button primary', href: '#/new-key' }, 'New service key'),
  async show({ session, rest }) {
    const project = decodeURIComponent(rest);
    const place = h('div', {});
    const shown: ApiKey[] = [];
    let cursor: string | null = null;
    const load = async () => {
      const query = new URLSearchParams({ limit: '50' });
      if (project !== '') query.set('project_id', project);
      if (cursor !== null) query.set('cursor', cursor);
      const page = await request<Page>('GET', `/admin/v1/keys?${query}`);
      shown.push(...page.items);
      cursor = page.next_cursor;
      draw();
    };
    const put = (key: ApiKey) => {
      shown.splice(
        shown.findIndex(({ id }) => id === key.id),
        1,
        key,
      );
      draw();
    };
    const draw = () => {
      const more = h('button', { type: 'button', onclick: () => load().catch(announceError) }, 'Show more');
      const plans = session.plans.map(({ name }) => name);
      const table = keyTable(shown, { withProject: true, actions: (key) => actionsOf(key, plans, put) });
      place.replaceChildren(table, ...(cursor === null ? [] : [h('div', { class: 'row' }, more)]));
    };
    await load();
    const filter = form(
      {
        action: 'Filter',
        onSubmit: async (data) => go(`all-keys/${encodeURIComponent(textOf(data, 'project_id') ?? '')}`),
      },
      field('Filter by project', input('project_id', { value: project, placeholder: 'id' })),
    );
    filter.classList.add('inline');
    return h('div', { class: 'stack' }, filter, place);
  },
};

function actionsOf(key: ApiKey, plans: readonly string[], put: (key: ApiKey) => void): Node[] {
  if (key.state === 'revoked' || key.state === 'expired') return [];
  const path = `/admin/v1/keys/${key.id}`;
  const change = async (body: object) => {
    put(await request<ApiKey>('PATCH', path, body));
    announce(`Key ${key.name} changed`);
  };
  const button = (label: string, onclick: () => void, tone = '') =>
    h(
      'button',
      { type: 'button', class: `small ${tone}`, 'aria-label': `${label} ${key.name}`, onclick },
      label,
    );
  return [
    button(
      key.disabled ? 'Enable' : 'Disable',
      () => void change({ disabled: !key.disabled }).catch(announceError),
    ),
    button('Plan', () =>
      confirm({
        title: `Plan of ${key.name}`,
        text: 'Effective from the next request.',
        action: 'Change',
        fields: [
          field(
            'Plan',
            select(
              'plan',
              plans.map((name) => ({ value: name, label: name })),
            ),
          ),
        ],
        onConfirm: (data) => change({ plan: textOf(data, 'plan') }),
      }),
    ),
    button(
      'Revoke',
      () =>
        confirm({
          title: `Revoke ${key.name}?`,
          text: 'All uses of it are rejected immediately. This cannot be undone.',
          action: 'Revoke',
          isDangerous: true,
          async onConfirm() {
            await request('DELETE', path);
            announce(`Key ${key.name} revoked`);
            put(await request<ApiKey>('GET', path));
          },
        }),
      'danger-text',
    ),
  ];
}

/** A key for a project whose customer has no cloud user. */
export const newServiceKeyView: View<OperatorContext> = {
  name: 'new-key',
  title: 'New service key',
  within: 'all-keys',
  show({ session, state }) {
    return h(
      'div',
      { class: 'card narrow' },
      form(
        {
          action: 'Create key',
          secondary: h('a', { class: 'button', href: '#/all-keys' }, 'Cancel'),
          async onSubmit(data) {
            const key = await request<NewApiKey>('POST', '/admin/v1/keys', {
              name: textOf(data, 'name'),
              project_id: textOf(data, 'project_id'),
              scopes: data.getAll('scopes'),
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
        ticks(
          'Scopes',
          SCOPES.map(([scope, label]) =>
            tick('scopes', label, { value: scope, isTicked: scope !== 'admin' }),
          ),
        ),
        field(
          'Plan',
          select(
            'plan',
            session.plans.map(({ name }) => ({ value: name, label: name })),
          ),
        ),
        expiryField(),
      ),
    );
  },
};

function announceError(error: unknown): void {
  announce(messageOf(error), 'bad');
}
