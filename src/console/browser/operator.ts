import { request } from './api.ts';
import { h } from './dom.ts';
import { card, cell, rowHead, stack, table } from './elements.ts';
import { growingList } from './pages.ts';
import { moment } from './times.ts';
import type { OperatorContext, View } from './view.ts';

export const plansView: View<OperatorContext> = {
  name: 'plans',
  title: 'Plans',
  show({ session: { plans, costs } }) {
    const columns = ['Plan', 'Points of a key', 'Points of a project', 'Window'];
    const rows = plans.map(({ name, points, projectPoints, seconds }) => {
      return [name, points.toLocaleString(), projectPoints.toLocaleString(), `${seconds} s`];
    });
    return stack(
      textTable('Plans', columns, rows),
      h(
        'p.hint',
        `A read costs ${costs.read}, creating an instance ${costs.create}, any other write ${costs.write}. Set by LINGUANOVA_PLANS and LINGUANOVA_COSTS.`,
      ),
    );
  },
};

const AUDIT_FIELDS = ['at', 'action', 'actor', 'key_id', 'address', 'detail'] as const;
type AuditRecord = Readonly<Record<(typeof AUDIT_FIELDS)[number], string | null>>;

export const auditView: View<OperatorContext> = {
  name: 'audit',
  title: 'Audit log',
  show: () =>
    growingList<AuditRecord>('/admin/v1/audit', {}, (records) => {
      const columns = ['Time', 'Action', 'Actor', 'Key', 'Address', 'Detail'];
      const rows = records.map((record) =>
        AUDIT_FIELDS.map((name) => (name === 'at' ? moment(record.at ?? '') : (record[name] ?? ''))),
      );
      return textTable('Audit log, newest first', columns, rows);
    }),
};

export const healthView: View<OperatorContext> = {
  name: 'health',
  title: 'Health',
  async show({ signal }) {
    const place = h('div.grid');
    const refresh = async () => {
      const { status, ...parts } = await request<Record<string, string>>('GET', '/readyz');
      const cards = Object.entries({ gateway: status ?? 'unknown', ...parts }).map(([name, state]) =>
        card(PARTS[name] ?? name, h('p', h(state === 'ok' ? 'span.badge.good' : 'span.badge.bad', state))),
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

function textTable(caption: string, columns: readonly string[], rows: readonly string[][]): HTMLElement {
  const rowOf = ([first = '', ...others]: string[]) => {
    const cells = others.map((text, at) => cell(columns[at + 1] ?? '', text, 'long'));
    return h('tr', rowHead(columns[0] ?? '', first), ...cells);
  };
  return table(caption, columns, h('tbody', ...rows.map(rowOf)));
}
