/**
 * Form fields with label, hint and validation message.
 *
 * @module
 */

import { LinguanovaError } from '../../client/index.ts';
import { messageOf } from './api.ts';
import { type Child, freshId, h, type Props } from './dom.ts';

export type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** The control's name is the API's field name, by which validation messages of the API are assigned. */
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

/** A checkbox. */
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

/** A group of checkboxes. */
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
  /** Label of the submit button. */
  readonly action: string;
  readonly isDangerous?: boolean;
  /** Called with validated fields; its error is shown in the form. */
  readonly onSubmit: (data: FormData) => Promise<void>;
  readonly secondary?: Child;
}

/** Prevents double submission, and shows errors at their fields. */
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
    h('div', { class: 'row end' }, options.secondary, button),
  );

  async function submit(event: Event): Promise<void> {
    event.preventDefault();
    if (button.getAttribute('aria-busy') === 'true') return;
    button.setAttribute('aria-busy', 'true');
    clearProblems(element, problem);
    try {
      await options.onSubmit(new FormData(element));
    } catch (error) {
      showProblems(element, problem, error);
    } finally {
      button.removeAttribute('aria-busy');
    }
  }

  return element;
}

/** undefined for an empty field. */
export function textOf(data: FormData, name: string): string | undefined {
  const value = data.get(name);
  return typeof value === 'string' && value !== '' ? value : undefined;
}

function clearProblems(element: HTMLFormElement, problem: HTMLElement): void {
  problem.hidden = true;
  for (const control of element.querySelectorAll('[aria-invalid]')) {
    control.removeAttribute('aria-invalid');
    const hint = document.getElementById(`${control.id}-problem`);
    if (hint !== null) hint.hidden = true;
  }
}

/** Shows messages at their fields and focuses the first; those without a field are shown below. */
function showProblems(element: HTMLFormElement, problem: HTMLElement, error: unknown): void {
  const details = error instanceof LinguanovaError ? error.details : [];
  const unassigned = details.filter(({ field: name, message }) => !mark(element, name, message));
  const first = element.querySelector<HTMLElement>('[aria-invalid]');
  first?.focus();
  if (first !== null && unassigned.length === 0) return;
  const text = unassigned.map(({ field: name, message }) => `${name}: ${message}`).join('; ');
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
