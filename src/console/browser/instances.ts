import type { Instance } from '../../client/index.ts';
import { messageOf } from './api.ts';
import { h, nodes } from './dom.ts';
import { actButton, deleteButton } from './instance-actions.ts';
import { publicAddress, rowActionsIn, stateBadge } from './instance-labels.ts';
import type { LiveInstances, Liveness } from './live.ts';
import { loadNames, nameOf } from './names.ts';
import { fromNow, moment } from './times.ts';
import type { CustomerContext, View } from './view.ts';

/** All instances of the project, as they are now. */
export const instancesView: View<CustomerContext> = {
  name: 'instances',
  title: 'Instances',
  beside: () => h('a', { class: 'button primary', href: '#/create' }, 'Create instance'),
  async show({ instances, signal }) {
    await loadNames().catch(() => {});
    const place = h('div', {});
    const state = h('p', { class: 'hint' });
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
    return h('div', { class: 'stack' }, state, place);
  },
};

const LIVENESS: Readonly<Record<Liveness, string>> = {
  connecting: 'Connecting …',
  live: 'Changes are shown as they happen.',
  polling: 'Changes are shown within seconds.',
};

function contentOf(instances: LiveInstances, { table }: Rows): Node {
  const { problem } = instances;
  if (problem !== null) return h('p', { class: 'note bad', role: 'alert' }, messageOf(problem));
  if (!instances.isLoaded) return h('p', { class: 'note' }, 'Loading …');
  if (instances.all.length > 0) return table;
  return h(
    'div',
    { class: 'empty' },
    h('p', {}, 'There is no instance in this project yet.'),
    h('a', { class: 'button', href: '#/create' }, 'Create the first one'),
  );
}

const COLUMNS = ['Name', 'State', 'Public address', 'Flavor', 'Created'];

/** The table's rows, each of which stays while its instance does: with its focus, and the eye that is on it. */
class Rows {
  readonly #instances: LiveInstances;
  readonly #body = h('tbody', {});
  readonly #rows = new Map<string, { readonly row: HTMLTableRowElement; told: string }>();
  readonly table = h(
    'table',
    { class: 'cards' },
    h('caption', { class: 'unseen' }, 'Instances of the project'),
    h(
      'thead',
      {},
      h(
        'tr',
        {},
        ...COLUMNS.map((name) => h('th', { scope: 'col' }, name)),
        h('th', { scope: 'col', class: 'end' }, 'Actions'),
      ),
    ),
    this.#body,
  );

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
    const told = JSON.stringify(instance);
    let known = this.#rows.get(instance.id);
    if (known === undefined) {
      known = { row: h('tr', { 'data-id': instance.id }), told: '' };
      this.#rows.set(instance.id, known);
    }
    if (known.told === told) return known.row;
    known.told = told;
    const focused = focusIn(known.row);
    known.row.replaceChildren(...this.#cells(instance));
    if (focused !== null) refocus(known.row, focused);
    return known.row;
  }

  #cells(instance: Instance): Node[] {
    const { id, name, state, flavor_id, created } = instance;
    return [
      h(
        'th',
        { scope: 'row', 'data-label': 'Name' },
        h('a', { href: `#/instances/${encodeURIComponent(id)}`, 'data-focus': 'name' }, name),
      ),
      h('td', { 'data-label': 'State' }, stateBadge(state)),
      h(
        'td',
        { 'data-label': 'Public address', class: 'mono' },
        publicAddress(instance) ?? h('span', { class: 'faint' }, 'none'),
      ),
      h('td', { 'data-label': 'Flavor' }, nameOf(flavor_id)),
      h(
        'td',
        { 'data-label': 'Created' },
        h('time', { datetime: created, title: moment(created) }, fromNow(created)),
      ),
      h(
        'td',
        { class: 'actions' },
        ...rowActionsIn(state).map((action) => actButton(instance, action, this.#instances)),
        deleteButton(instance, this.#instances),
      ),
    ];
  }
}

/** Which control of a row has the focus; null: none. */
function focusIn(row: Element): string | null {
  const { activeElement } = document;
  return row.contains(activeElement) ? (activeElement?.getAttribute('data-focus') ?? '') : null;
}

/** The same control, or what is left of the row: an action that was taken is offered no more. */
function refocus(row: Element, name: string): void {
  const controls = [...row.querySelectorAll<HTMLElement>('[data-focus]')];
  (controls.find((control) => control.dataset.focus === name) ?? controls[0])?.focus();
}
