import { announce } from './announce.ts';
import { h } from './dom.ts';
import { actionButton } from './elements.ts';

function copyButton(text: string, what: string): HTMLButtonElement {
  return actionButton('Copy', what, async () => {
    if (await copy(text)) announce(`Copied ${what}`);
    else announce(`Select ${what} and copy it by hand`, 'bad');
  });
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
  return h('div.copyable', h('code', text), copyButton(text, what));
}

export function snippet(text: string, what: string): HTMLElement {
  const lines = h('pre', { tabindex: '0', role: 'region', 'aria-label': what }, h('code', text));
  return h('div.snippet', lines, copyButton(text, what));
}
