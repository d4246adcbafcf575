import { announce } from './announce.ts';
import { messageOf, request } from './api.ts';
import { h, nodes } from './dom.ts';
import { moment } from './times.ts';
import type { OperatorContext, View } from './view.ts';

export const plansView: View<OperatorContext> = {
  name: 'plans',
  title: 'Plans',
  show({ session: { plans, costs } }) {
    return h(
      'div',
      { class: 'stack' },
      table(
        'Plans',
        ['Plan', 'Points of a key', 'Points of a project', 'Window'],
        plans.map(({ name, points, projectPoints, seconds }) => [
          name,
          points.toLocaleString(),
          projectPoints.toLocaleString(),
          `${seconds} s`,
        ]),
      ),
      h(
        'p',
        { class: 'hint' },
        `A read costs ${costs.read}, creating an instance ${costs.create}, any other write ${costs.write}. Set by LINGUANOVA_PLANS and LINGUANOVA_COSTS.`,
      ),
    );
  },
};

interface AuditRecord {
  readonly sequence: number;
  readonly at: string;
  readonly actor: string;
  readonly action: string;
  readonly key_id: string | null;
  readonly address: string | null;
  readonly detail: string;
}

export const auditView: View<OperatorContext> = {
  name: 'audit',
  title: 'Audit log',
  async show() {
    const place = h('div', { class: 'stack' });
    const shown: AuditRecord[] = [];
    let cursor: string | null = null;
    const load = async () => {
      const from = cursor === null ? '' : `&cursor=${cursor}`;
      const page = await request<{ items: AuditRecord[]; next_cursor: string | null }>(
        'GET',
        `/admin/v1/audit?limit=50${from}`,
      );
      shown.push(...page.items);
      cursor = page.next_cursor;
      const more = h(
        'button',
        { type: 'button', onclick: () => load().catch((error) => announce(messageOf(error), 'bad')) },
        'Show more',
      );
      const rows = shown.map(({ at, actor, action, key_id, address, detail }) => [
        moment(at),
        action,
        actor,
        key_id ?? '',
        address ?? '',
        detail,
      ]);
      place.replaceChildren(
        ...nodes([
          table('Audit log, newest first', ['Time', 'Action', 'Actor', 'Key', 'Address', 'Detail'], rows),
          cursor !== null && h('div', { class: 'row' }, more),
        ]),
      );
    };
    await load();
    return place;
  },
};

export const healthView: View<OperatorContext> = {
  name: 'health',
  title: 'Health',
  async show({ signal }) {
    const place = h('div', { class: 'grid' });
    const refresh = async () => {
      const { status, ...parts } = await request<Record<string, string>>('GET', '/readyz');
      const cards = Object.entries({ gateway: status ?? 'unknown', ...parts }).map(([name, state]) =>
        h(
          'section',
          { class: 'card' },
          h('h2', {}, PARTS[name] ?? name),
          h('p', {}, h('span', { class: `badge ${state === 'ok' ? 'good' : 'bad'}` }, state)),
        ),
      );
      place.replaceChildren(...cards);
    };
    await refresh();
    const timer = setInterval(() => document.hidden || refresh().catch(() => {}), POLL_INTERVAL_MS);
    signal.addEventListener('abort', () => clearInterval(timer));
    return place;
  },
};

const POLL_INTERVAL_MS = 5_000;
const PARTS: Readonly<Record<string, string>> = {
  gateway: 'Gateway',
  cloud: 'Cloud',
  store: 'Key store',
  redis: 'Redis',
};

function table(
  caption: string,
  columns: readonly string[],
  rows: readonly (readonly string[])[],
): HTMLElement {
  return h(
    'table',
    { class: 'cards' },
    h('caption', { class: 'unseen' }, caption),
    h('thead', {}, h('tr', {}, ...columns.map((name) => h('th', { scope: 'col' }, name)))),
    h(
      'tbody',
      {},
      ...rows.map((row) =>
        h(
          'tr',
          {},
          ...row.map((text, at) =>
            at === 0
              ? h('th', { scope: 'row', 'data-label': columns[at] }, text)
              : h('td', { 'data-label': columns[at], class: 'long' }, text),
          ),
        ),
      ),
    ),
  );
}
