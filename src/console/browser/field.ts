import { LinguanovaError } from '../../client/index.ts';
import { messageOf } from './api.ts';
import { type Child, freshId, h, type Props } from './dom.ts';
import { whileBusy } from './elements.ts';

type Control = HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement;

/** The control's name is the API's field name, by which validation messages of the API are assigned. */
export function field(label: string, control: Control, hint?: string): HTMLElement {
  const id = freshId();
  control.id = id;
  const problem = h('p.problem', { id: `${id}-problem`, hidden: true });
  const about = hint === undefined ? null : h('p.hint', { id: `${id}-hint` }, hint);
  control.setAttribute('aria-describedby', about === null ? problem.id : `${about.id} ${problem.id}`);
  return h('div.field', h('label', { for: id }, label), about, control, problem);
}

export function input(name: string, props: Props): HTMLInputElement {
  return h('input', { name, autocomplete: 'off', ...props });
}

type Option = readonly [value: string, label: string];

export function select(name: string, options: readonly Option[]): HTMLSelectElement {
  return h('select', { name }, ...options.map(([value, label]) => h('option', { value }, label)));
}

export function byId(items: readonly { readonly id: string; readonly name: string }[]): Option[] {
  return items.map(({ id, name }) => [id, name]);
}

/** Options whose value is their label. */
export function same(values: readonly string[]): Option[] {
  return values.map((value) => [value, value]);
}

export function tick(
  name: string,
  label: Child,
  { value = 'on', isTicked = false, hint }: { value?: string; isTicked?: boolean; hint?: string },
): HTMLElement {
  const id = freshId();
  const about = hint === undefined ? null : h('span.hint', { id: `${id}-hint` }, hint);
  const described = { 'aria-describedby': about?.id };
  const box = h('input', { type: 'checkbox', id, name, value, checked: isTicked, ...described });
  return h('div.tick', box, h('div.about', h('label', { for: id }, label), about));
}

/** A group of checkboxes. */
export function ticks(legend: string, children: readonly Child[], hint?: string): HTMLElement {
  return h('fieldset', h('legend', legend), hint === undefined ? null : h('p.hint', hint), ...children);
}

interface FormOptions {
  readonly action: string;
  readonly isDangerous?: boolean | undefined;
  /** Called with validated fields; its error is shown in the form. */
  readonly onSubmit: (data: FormData) => Promise<void>;
  readonly secondary?: Child;
}

/** Prevents double submission, and shows errors at their fields. */
export function form(options: FormOptions, ...children: readonly Child[]): HTMLFormElement {
  const problem = h('p.problem.whole', { role: 'alert', hidden: true });
  const { action, isDangerous, secondary } = options;
  const button = h('button', { type: 'submit', class: isDangerous ? 'danger' : 'primary' }, action);
  const onsubmit = (event: Event) => {
    event.preventDefault();
    return whileBusy(button, async () => {
      clearProblems(element, problem);
      await options
        .onSubmit(new FormData(element))
        .catch((error: unknown) => showProblems(element, problem, error));
    });
  };
  const element = h('form.stack', { onsubmit }, ...children, problem, h('div.row.end', secondary, button));
  return element;
}

/** A form on a page of its own. @param parent The view that `Cancel` leads to. */
export function cardForm(parent: string, options: FormOptions, ...children: readonly Child[]): HTMLElement {
  const secondary = h('a.button', { href: `#/${parent}` }, 'Cancel');
  return h('div.card.narrow', form({ ...options, secondary }, ...children));
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
