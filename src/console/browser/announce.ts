import { h } from './dom.ts';

/** Read out by screen readers, and seen by nobody. */
const status = h('div', { role: 'status', 'aria-live': 'polite', 'aria-atomic': 'false', class: 'unseen' });
/** What has just happened, for eyes. */
const notices = h('div', { class: 'notices' });

/** How long a notice is shown, milliseconds. */
const SHOWN_MS = 8_000;
const MAX_SHOWN = 3;

/** Puts the places where things are said into the page, once. */
export function mountAnnouncements(): void {
  document.body.append(status, notices);
}

/** Says to everybody what has happened, and takes nobody's focus for it. */
export function announce(text: string, tone: 'calm' | 'bad' = 'calm'): void {
  const line = h('p', {}, text);
  status.append(line);
  const notice = h('p', { class: `notice ${tone}`, 'aria-hidden': 'true' }, text);
  notices.append(notice);
  if (notices.childElementCount > MAX_SHOWN) notices.firstElementChild?.remove();
  setTimeout(() => {
    line.remove();
    notice.remove();
  }, SHOWN_MS);
}
