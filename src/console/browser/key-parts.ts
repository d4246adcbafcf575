import type { ApiKey, NewApiKey } from '../../client/index.ts';
import { announce } from './announce.ts';
import { region } from './api.ts';
import { configChoice } from './config-choice.ts';
import { copyable, snippet } from './copy.ts';
import { cancel, confirm, openDialog } from './dialog.ts';
import { type Child, h } from './dom.ts';
import { actionButton, cell, rowHead, table } from './elements.ts';
import { field, select, tick, ticks } from './field.ts';
import { sampleOf } from './samples.ts';
import type { SessionState } from './session.ts';
import { relativeTime } from './times.ts';

const SCOPES = [
  ['instances:read', 'Read instances and catalogs'],
  ['instances:write', 'Create, change and delete instances'],
  ['network:write', 'Change networks, floating IPs and security groups'],
  ['keypairs:write', 'Create and delete key pairs'],
  ['volumes:write', 'Create, attach and delete volumes'],
  ['images:write', 'Upload, change and delete images'],
  ['keys:write', 'Create further API keys'],
  ['*:read', 'Read object storage, DNS and other further services'],
  ['*:write', 'Change further services'],
  ['admin', 'Read hosts and other projects'],
] as const;

export function scopeTicks(offersAdmin: boolean, hint?: string): HTMLElement {
  const offered = SCOPES.filter(([scope]) => offersAdmin || scope !== 'admin');
  const boxes = offered.map(([value, label]) =>
    tick('scopes', label, { value, isTicked: value !== 'admin' }),
  );
  return ticks('Scopes', boxes, hint);
}

/** null: there is nothing to choose. */
export function regionTicks(names: readonly string[]): HTMLElement | null {
  if (names.length < 2) return null;
  const boxes = names.map((name) => tick('regions', name, { value: name, isTicked: true }));
  return ticks('Regions', boxes, 'All of them: regions that are added later, too.');
}

/** null: all. */
export function regionsIn(data: FormData, names: readonly string[]): string[] | null {
  const chosen = data.getAll('regions').map(String);
  return chosen.length === names.length || names.length < 2 ? null : chosen;
}

interface KeyTableOptions {
  readonly isCurrent?: (key: ApiKey) => boolean;
  readonly actions: (key: ApiKey) => readonly Child[];
  /** Adds project and plan, for operators. */
  readonly withProject?: boolean;
}

export function keyTable(keys: readonly ApiKey[], options: KeyTableOptions): HTMLElement {
  if (keys.length === 0) return h('p.empty', 'There are no keys yet.');
  const kind = options.withProject ? 'Plan' : 'Scopes';
  const columns = ['Name', 'State', 'Key', kind, 'Expires', 'Last used', 'Actions'];
  return table('API keys', columns, h('tbody', ...keys.map((key) => rowOf(key, options))));
}

function rowOf(key: ApiKey, { isCurrent, actions, withProject }: KeyTableOptions): HTMLElement {
  const time = (iso: string | null, none: string) => (iso === null ? none : relativeTime(iso));
  const about = withProject ? key.project_id : isCurrent?.(key) ? 'this session' : null;
  return h(
    'tr',
    { 'data-id': key.id },
    rowHead(
      'Name',
      key.name,
      about !== null && h('span.faint.below', about),
      key.regions !== null && h('span.faint.below', `only in ${key.regions.join(', ')}`),
    ),
    cell('State', h(key.state === 'active' ? 'span.badge.good' : 'span.badge.idle', key.state)),
    cell('Key', `ln_${key.id.slice(0, 4)}…${key.last_four}`, 'mono'),
    withProject ? cell('Plan', key.plan) : cell('Scopes', key.scopes.join(', '), 'scopes'),
    cell('Expires', time(key.expires_at, 'never')),
    cell('Last used', time(key.last_used_at, 'not yet')),
    h('td.actions', ...actions(key)),
  );
}

export function revokeButton(
  key: ApiKey,
  revoke: () => Promise<unknown>,
  text = 'All uses of it are rejected immediately. This cannot be undone.',
): HTMLButtonElement {
  const ask = () =>
    confirm({
      title: `Revoke ${key.name}?`,
      text,
      action: 'Revoke',
      isDangerous: true,
      async onConfirm() {
        await revoke();
        announce(`Key ${key.name} revoked`);
      },
    });
  return actionButton('Revoke', key.name, ask, { class: 'small danger-text' });
}

/** In days. */
const LIFETIMES = [
  ['90', 'in 90 days'],
  ['7', 'in a week'],
  ['30', 'in 30 days'],
  ['365', 'in a year'],
  ['', 'never'],
] as const;
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
  const warning = h('p', 'Copy it now: it is not stored and cannot be shown again.');
  const sample =
    state && sampleOf('curl', { url: state.url, region, keyId: key.id, keyName: key.name, key: key.key });
  const done = h('div.row.end', cancel('Done'));
  const first = sample && snippet(sample, 'a first request');
  const parts = [warning, copyable(key.key, 'the key'), first, configChoice(key), done];
  openDialog('Your new key', parts, onClose);
}
