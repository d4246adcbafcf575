import { announce } from './announce.ts';
import { h } from './dom.ts';

export function copyButton(text: string, what: string): HTMLButtonElement {
  return h(
    'button',
    {
      type: 'button',
      class: 'small',
      'aria-label': `Copy ${what}`,
      onclick: async () => {
        const isCopied = await copy(text);
        announce(
          isCopied ? `Copied ${what}` : `Select ${what} and copy it by hand`,
          isCopied ? 'calm' : 'bad',
        );
      },
    },
    'Copy',
  );
}

/** Browsers have a clipboard only in secure contexts: HTTPS and localhost. */
async function copy(text: string): Promise<boolean> {
  if (!window.isSecureContext) return false;
  return navigator.clipboard.writeText(text).then(
    () => true,
    () => false,
  );
}

export function copyable(text: string, what: string): HTMLElement {
  return h('div', { class: 'copyable' }, h('code', {}, text), copyButton(text, what));
}

export function snippet(text: string, what: string): HTMLElement {
  const lines = h('pre', { tabindex: '0', role: 'region', 'aria-label': what }, h('code', {}, text));
  return h('div', { class: 'snippet' }, lines, copyButton(text, what));
}
