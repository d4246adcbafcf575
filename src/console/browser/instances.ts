import type { Instance } from '../../client/index.ts';
import { messageOf } from './api.ts';
import { h, nodes } from './dom.ts';
import { cell, rowHead, stack, table } from './elements.ts';
import { actButton, deleteButton } from './instance-actions.ts';
import { publicAddress, rowActionsIn, stateBadge } from './instance-labels.ts';
import type { LiveInstances, Liveness } from './live.ts';
import { loadNames, nameOf } from './names.ts';
import { relativeTime } from './times.ts';
import type { CustomerContext, View } from './view.ts';

export const instancesView: View<CustomerContext> = {
  name: 'instances',
  title: 'Instances',
  headingAction: () => h('a.button.primary', { href: '#/create' }, 'Create instance'),
  async show({ instances, signal }) {
    await loadNames().catch(() => {});
    const place = h('div');
    const state = h('p.hint');
    const rows = new Rows(instances);
    const show = () => {
      state.textContent = LIVENESS[instances.liveness];
      place.replaceChildren(...nodes([contentOf(instances, rows)]));
    };
    const update = () => {
      const hadTable = rows.table.isConnected;
      rows.update();
      state.textContent = LIVENESS[instances.liveness];
      if (!hadTable || instances.all.length === 0 || instances.problem !== null) show();
    };
    rows.update();
    show();
    instances.watch(update, signal);
    return stack(state, place);
  },
};

const LIVENESS: Readonly<Record<Liveness, string>> = {
  connecting: 'Connecting …',
  live: 'Changes appear immediately.',
  polling: 'Changes appear within seconds.',
};

function contentOf(instances: LiveInstances, { table }: Rows): Node {
  const { problem } = instances;
  if (problem !== null) return h('p.note.bad', { role: 'alert' }, messageOf(problem));
  if (!instances.isLoaded) return h('p.note', 'Loading …');
  if (instances.all.length > 0) return table;
  return h(
    'div.empty',
    h('p', 'This project has no instances yet.'),
    h('a.button', { href: '#/create' }, 'Create the first one'),
  );
}

const COLUMNS = ['Name', 'State', 'Public address', 'Flavor', 'Created', 'Actions'];

/** Rows are updated in place, so that focus and scroll position are preserved. */
class Rows {
  readonly #instances: LiveInstances;
  readonly #body = h('tbody');
  readonly #rows = new Map<string, { readonly row: HTMLTableRowElement; shown: string }>();
  readonly table = table('Instances of the project', COLUMNS, this.#body);

  constructor(instances: LiveInstances) {
    this.#instances = instances;
  }

  update(): void {
    const all = this.#instances.all;
    const ids = new Set(all.map(({ id }) => id));
    for (const [id, { row }] of this.#rows) {
      if (ids.has(id)) continue;
      row.remove();
      this.#rows.delete(id);
    }
    let at: Element | null = this.#body.firstElementChild;
    for (const instance of all) {
      const row = this.#rowOf(instance);
      if (row === at) at = at.nextElementSibling;
      else this.#body.insertBefore(row, at);
    }
  }

  #rowOf(instance: Instance): HTMLTableRowElement {
    const next = JSON.stringify(instance);
    let entry = this.#rows.get(instance.id);
    if (entry === undefined) {
      entry = { row: h('tr', { 'data-id': instance.id }), shown: '' };
      this.#rows.set(instance.id, entry);
    }
    if (entry.shown === next) return entry.row;
    entry.shown = next;
    const focused = focusIn(entry.row);
    entry.row.replaceChildren(...this.#cells(instance));
    if (focused !== null) refocus(entry.row, focused);
    return entry.row;
  }

  #cells(instance: Instance): Node[] {
    const { id, name, state, flavor_id, created } = instance;
    const href = `#/instances/${encodeURIComponent(id)}`;
    return [
      rowHead('Name', h('a', { href, 'data-focus': 'name' }, name)),
      cell('State', stateBadge(state)),
      cell('Public address', publicAddress(instance) ?? h('span.faint', 'none'), 'mono'),
      cell('Flavor', nameOf(flavor_id)),
      cell('Created', relativeTime(created)),
      h(
        'td.actions',
        ...rowActionsIn(state).map((action) => actButton(instance, action, this.#instances)),
        deleteButton(instance, this.#instances),
      ),
    ];
  }
}

function focusIn(row: Element): string | null {
  const { activeElement } = document;
  return row.contains(activeElement) ? (activeElement?.getAttribute('data-focus') ?? '') : null;
}

/** Falls back to the first control, because an executed action is no longer offered. */
function refocus(row: Element, name: string): void {
  const controls = [...row.querySelectorAll<HTMLElement>('[data-focus]')];
  (controls.find((control) => control.dataset.focus === name) ?? controls[0])?.focus();
}
