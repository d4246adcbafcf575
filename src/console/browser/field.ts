/**
 * Fields of a form: each with its label, a hint where one helps, and its problem beside it.
 *
 * @module
 */

import { LinguanovaError } from '../../client/index.ts';
import { messageOf } from './api.ts';
import { type Child, freshId, h, type Props } from './dom.ts';

export type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** A control with all that belongs to it. Its name is that of the API's field, so that the API's problems find it. */
export function field(label: string, control: Control, hint?: string): HTMLElement {
  const id = freshId();
  control.id = id;
  const problem = h('p', { class: 'problem', id: `${id}-problem`, hidden: true });
  const about = hint === undefined ? null : h('p', { class: 'hint', id: `${id}-hint` }, hint);
  const described = about === null ? problem.id : `${about.id} ${problem.id}`;
  control.setAttribute('aria-describedby', described);
  return h('div', { class: 'field' }, h('label', { for: id }, label), about, control, problem);
}

export function input(name: string, props: Props = {}): HTMLInputElement {
  return h('input', { name, autocomplete: 'off', ...props });
}

export interface Option {
  readonly value: string;
  readonly label: string;
}

export function select(name: string, options: readonly Option[], props: Props = {}): HTMLSelectElement {
  const choices = options.map(({ value, label }) => h('option', { value }, label));
  return h('select', { name, ...props }, ...choices);
}

/** A box to tick, its label beside it. */
export function tick(
  name: string,
  label: Child,
  { value = 'on', isTicked = false, hint }: { value?: string; isTicked?: boolean; hint?: string } = {},
): HTMLElement {
  const id = freshId();
  const box = h('input', {
    type: 'checkbox',
    id,
    name,
    value,
    checked: isTicked,
    'aria-describedby': hint === undefined ? null : `${id}-hint`,
  });
  const about = hint === undefined ? null : h('span', { class: 'hint', id: `${id}-hint` }, hint);
  return h(
    'div',
    { class: 'tick' },
    box,
    h('div', { class: 'about' }, h('label', { for: id }, label), about),
  );
}

/** Ticks of one question. */
export function ticks(legend: string, children: readonly Child[], hint?: string): HTMLElement {
  return h(
    'fieldset',
    {},
    h('legend', {}, legend),
    hint === undefined ? null : h('p', { class: 'hint' }, hint),
    ...children,
  );
}

export interface FormOptions {
  /** What its button says. */
  readonly action: string;
  readonly isDangerous?: boolean;
  /** Fields by name, once the browser has found them complete. What it throws is shown. */
  readonly onSubmit: (data: FormData) => Promise<void>;
  readonly beside?: Child;
}

/** A form that cannot be sent twice at once, and says what is wrong where it is wrong. */
export function form(options: FormOptions, ...children: readonly Child[]): HTMLFormElement {
  const problem = h('p', { class: 'problem whole', role: 'alert', hidden: true });
  const button = h(
    'button',
    { type: 'submit', class: options.isDangerous ? 'danger' : 'primary' },
    options.action,
  );
  const element = h(
    'form',
    { class: 'stack', onsubmit: submit },
    ...children,
    problem,
    h('div', { class: 'row end' }, options.beside, button),
  );

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (button.getAttribute('aria-busy') === 'true') return;
    button.setAttribute('aria-busy', 'true');
    forget(element, problem);
    try {
      await options.onSubmit(new FormData(element));
    } catch (error) {
      show(element, problem, error);
    } finally {
      button.removeAttribute('aria-busy');
    }
  }

  return element;
}

/** A field's text; undefined when it was left empty. */
export function textOf(data: FormData, name: string): string | undefined {
  const value = data.get(name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function forget(element: HTMLFormElement, problem: HTMLElement): void {
  problem.hidden = true;
  for (const control of element.querySelectorAll('[aria-invalid]')) {
    control.removeAttribute('aria-invalid');
    const hint = document.getElementById(`${control.id}-problem`);
    if (hint !== null) hint.hidden = true;
  }
}

/** Problems at their fields, the first of which gets the focus; what has no field, below all. */
function show(element: HTMLFormElement, problem: HTMLElement, error: unknown): void {
  const details = error instanceof LinguanovaError ? error.details : [];
  const homeless = details.filter(({ field: name, message }) => !mark(element, name, message));
  const first = element.querySelector<HTMLElement>('[aria-invalid]');
  first?.focus();
  if (first !== null && homeless.length === 0) return;
  const text = homeless.map(({ field: name, message }) => `${name}: ${message}`).join('; ');
  problem.textContent = text === '' ? messageOf(error) : text;
  problem.hidden = false;
}

function mark(element: HTMLFormElement, path: string, message: string): boolean {
  const control =
    element.elements.namedItem(path.split('.').at(-1) ?? '') ??
    element.elements.namedItem(path.split('.')[0] ?? '');
  if (!(control instanceof HTMLElement)) return false;
  const hint = document.getElementById(`${control.id}-problem`);
  if (hint === null) return false;
  control.setAttribute('aria-invalid', 'true');
  hint.textContent = message;
  hint.hidden = false;
  return true;
}
