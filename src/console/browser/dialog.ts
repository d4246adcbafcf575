import { type Child, freshId, h } from './dom.ts';
import { button } from './elements.ts';
import { form } from './field.ts';

/** The browser traps and restores the focus, and Escape closes it. @param onClose Called in any case. */
export function openDialog(
  title: string,
  children: readonly Child[],
  onClose?: () => void,
): HTMLDialogElement {
  const id = freshId();
  const onclose = () => {
    element.remove();
    onClose?.();
  };
  const heading = h('h2', { id, tabindex: '-1' }, title);
  const element = h('dialog', { 'aria-labelledby': id, onclose }, heading, ...children);
  document.body.append(element);
  element.showModal();
  return element;
}

export function cancel(label = 'Cancel'): HTMLButtonElement {
  const element = button(label, () => element.closest('dialog')?.close());
  return element;
}

interface Question {
  readonly title: string;
  /** The consequence, in one sentence. */
  readonly text: string;
  readonly action: string;
  readonly isDangerous?: boolean;
  readonly fields?: readonly Child[];
  /** Closes the dialog when it resolves; a rejection is shown in the dialog. */
  readonly onConfirm: (data: FormData) => Promise<void>;
}

export function confirm({ title, text, action, isDangerous, fields = [], onConfirm }: Question): void {
  const onSubmit = async (data: FormData) => {
    await onConfirm(data);
    dialog.close();
  };
  const options = { action, isDangerous, secondary: cancel(), onSubmit };
  const dialog = openDialog(title, [h('p', text), form(options, ...fields)]);
}
