import { type Child, freshId, h } from './dom.ts';
import { form } from './field.ts';

export interface Dialog {
  readonly element: HTMLDialogElement;
  close(): void;
}

/**
 * A modal dialog: the browser traps and restores the focus, and Escape closes it.
 *
 * @param onClose Called whichever way it was closed.
 */
export function openDialog(title: string, children: readonly Child[], onClose?: () => void): Dialog {
  const id = freshId();
  const element = h(
    'dialog',
    {
      'aria-labelledby': id,
      onclose: () => {
        element.remove();
        onClose?.();
      },
    },
    h('h2', { id, tabindex: '-1' }, title),
    ...children,
  );
  document.body.append(element);
  element.showModal();
  return { element, close: () => element.close() };
}

/** A button that closes its dialog. */
export function cancel(label = 'Cancel'): HTMLButtonElement {
  return h('button', { type: 'button', onclick: (event) => dialogOf(event)?.close() }, label);
}

function dialogOf({ currentTarget }: Event): HTMLDialogElement | null {
  return currentTarget instanceof Element ? currentTarget.closest('dialog') : null;
}

export interface Question {
  readonly title: string;
  /** The consequence, in one sentence. */
  readonly text: string;
  /** Label of the button. */
  readonly action: string;
  readonly isDangerous?: boolean;
  readonly fields?: readonly Child[];
  /** Closes the dialog when it resolves; a rejection is shown in the dialog. */
  readonly onConfirm: (data: FormData) => Promise<void>;
}

/** Confirms an irreversible action, or collects its parameters. */
export function confirm({
  title,
  text,
  action,
  isDangerous = false,
  fields = [],
  onConfirm: onyes,
}: Question): void {
  const dialog = openDialog(title, [
    h('p', {}, text),
    form(
      {
        action,
        isDangerous,
        secondary: cancel(),
        async onSubmit(data) {
          await onyes(data);
          dialog.close();
        },
      },
      ...fields,
    ),
  ]);
}
