import { type Child, h, type Props } from './dom.ts';

export function button(
  label: string,
  onclick: (event: Event) => unknown,
  props: Props = {},
): HTMLButtonElement {
  return h('button', { type: 'button', onclick, ...props }, label);
}

/** A button of one thing among several, whose name completes the label for screen readers. */
export function actionButton(label: string, name: string, onclick: () => unknown, props: Props = {}) {
  return button(label, onclick, { class: 'small', 'aria-label': `${label} ${name}`, ...props });
}

/** Runs `work` unless the button's last work still runs. */
export async function whileBusy(element: Element, work: () => Promise<unknown>): Promise<void> {
  if (element.getAttribute('aria-busy') === 'true') return;
  element.setAttribute('aria-busy', 'true');
  await work().finally(() => element.removeAttribute('aria-busy'));
}

export function card(title: string, ...children: readonly Child[]): HTMLElement {
  return h('section.card', h('h2', title), ...children);
}

export function stack(...children: readonly Child[]): HTMLElement {
  return h('div.stack', ...children);
}

/** Rows are cards on narrow screens. */
export function table(caption: string, columns: readonly string[], body: Node): HTMLElement {
  const heads = columns.map((name) => h(name === 'Actions' ? 'th.end' : 'th', { scope: 'col' }, name));
  return h('table.cards', h('caption.unseen', caption), h('thead', h('tr', ...heads)), body);
}

export function cell(label: string, child: Child, name?: string): HTMLElement {
  return h('td', { 'data-label': label, class: name }, child);
}

/** The cell that names its row. */
export function rowHead(label: string, ...children: readonly Child[]): HTMLElement {
  return h('th', { scope: 'row', 'data-label': label }, ...children);
}
