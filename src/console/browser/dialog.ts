import { type Child, freshId, h } from './dom.ts';
import { form } from './field.ts';

export interface Dialog {
  readonly element: HTMLDialogElement;
  close(): void;
}

/**
 * What has to be answered first. The browser keeps the focus in it, gives it back afterwards, and lets Escape close it.
 *
 * @param onClose However it was closed.
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

/** A button that closes the dialog it is in. */
export function cancel(label = 'Cancel'): HTMLButtonElement {
  return h('button', { type: 'button', onclick: (event) => dialogOf(event)?.close() }, label);
}

function dialogOf({ currentTarget }: Event): HTMLDialogElement | null {
  return currentTarget instanceof Element ? currentTarget.closest('dialog') : null;
}

export interface Question {
  readonly title: string;
  /** What will be, in a sentence. */
  readonly text: string;
  /** What the button says. */
  readonly action: string;
  readonly isDangerous?: boolean;
  readonly fields?: readonly Child[];
  /** Closes the dialog when it resolves, and is told in it when it rejects. */
  readonly onConfirm: (data: FormData) => Promise<void>;
}

/** Asks before something is done that cannot be taken back, or that needs a word more. */
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
        beside: cancel(),
        async onSubmit(data) {
          await onyes(data);
          dialog.close();
        },
      },
      ...fields,
    ),
  ]);
}
