/**
 * Views of keys shared by customers and operators.
 *
 * @module
 */

import type { ApiKey, NewApiKey } from '../../client/index.ts';
import { copyable, snippet } from './copy.ts';
import { cancel, openDialog } from './dialog.ts';
import { type Child, h } from './dom.ts';
import { field, select } from './field.ts';
import { sampleOf } from './samples.ts';
import type { SessionState } from './session.ts';
import { fromNow, moment } from './times.ts';

export const SCOPES = [
  ['instances:read', 'Read instances and catalogs'],
  ['instances:write', 'Create, change and delete instances'],
  ['network:write', 'Change networks, floating IPs and security groups'],
  ['keypairs:write', 'Create and delete key pairs'],
  ['volumes:write', 'Create, attach and delete volumes'],
  ['images:write', 'Upload, change and delete images'],
  ['keys:write', 'Create further API keys'],
  ['admin', 'Read hosts and other projects'],
] as const;

export interface KeyTableOptions {
  readonly isCurrent?: (key: ApiKey) => boolean;
  readonly actions: (key: ApiKey) => readonly Child[];
  /** Adds project and plan, for operators. */
  readonly withProject?: boolean;
}

export function keyTable(keys: readonly ApiKey[], options: KeyTableOptions): HTMLElement {
  if (keys.length === 0) return h('p', { class: 'empty' }, 'There are no keys yet.');
  const columns = ['Name', 'State', 'Key', options.withProject ? 'Plan' : 'Scopes', 'Expires', 'Last used'];
  return h(
    'table',
    { class: 'cards' },
    h('caption', { class: 'unseen' }, 'API keys'),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        ...columns.map((name) => h('th', { scope: 'col' }, name)),
        h('th', { scope: 'col', class: 'end' }, 'Actions'),
      ),
    ),
    h('tbody', {}, ...keys.map((key) => rowOf(key, options))),
  );
}

function rowOf(key: ApiKey, { isCurrent, actions, withProject }: KeyTableOptions): HTMLElement {
  const cell = (label: string, child: Child, name = '') =>
    h('td', { 'data-label': label, class: name }, child);
  const time = (iso: string | null, none: string) =>
    iso === null ? none : h('time', { datetime: iso, title: moment(iso) }, fromNow(iso));
  const about = withProject ? key.project_id : isCurrent?.(key) ? 'this session' : null;
  return h(
    'tr',
    { 'data-id': key.id },
    h(
      'th',
      { scope: 'row', 'data-label': 'Name' },
      key.name,
      about !== null && h('span', { class: 'faint below' }, about),
    ),
    cell('State', h('span', { class: `badge ${key.state === 'active' ? 'good' : 'idle'}` }, key.state)),
    cell('Key', `ln_${key.id.slice(0, 4)}…${key.last_four}`, 'mono'),
    withProject ? cell('Plan', key.plan) : cell('Scopes', key.scopes.join(', '), 'scopes'),
    cell('Expires', time(key.expires_at, 'never')),
    cell('Last used', time(key.last_used_at, 'not yet')),
    h('td', { class: 'actions' }, ...actions(key)),
  );
}

/** In days. */
const LIFETIMES = [
  { value: '90', label: 'in 90 days' },
  { value: '7', label: 'in a week' },
  { value: '30', label: 'in 30 days' },
  { value: '365', label: 'in a year' },
  { value: '', label: 'never' },
];
const DAY_MS = 86_400_000;

export function expiryField(): HTMLElement {
  return field('Expires', select('expires_at', LIFETIMES));
}

/** null: never. */
export function expiryIn(data: FormData): string | null {
  const days = Number(data.get('expires_at'));
  return days > 0 ? new Date(Date.now() + days * DAY_MS).toISOString() : null;
}

/** Only the response that creates a key contains its text. */
export function showKeyOnce(key: NewApiKey, state: SessionState | null, onClose: () => unknown): void {
  openDialog(
    'Your new key',
    [
      h('p', {}, 'Copy it now: it is not stored and cannot be shown again.'),
      copyable(key.key, 'the key'),
      state !== null &&
        snippet(
          sampleOf('curl', { url: state.url, keyId: key.id, keyName: key.name, key: key.key }),
          'a first request',
        ),
      h('div', { class: 'row end' }, cancel('Done')),
    ],
    onClose,
  );
}
