import { messageOf } from './api.ts';
import { h } from './dom.ts';

/** For screen readers only. */
const status = h('div.unseen', { role: 'status', 'aria-live': 'polite', 'aria-atomic': 'false' });
const notices = h('div.notices');

const SHOWN_MS = 8_000;
const MAX_SHOWN = 3;

export function mountAnnouncements(): void {
  document.body.append(status, notices);
}

/** Announces an event visibly and to screen readers, without moving the focus. */
export function announce(text: string, tone: 'calm' | 'bad' = 'calm'): void {
  const line = h('p', text);
  status.append(line);
  const notice = h('p', { class: `notice ${tone}`, 'aria-hidden': 'true' }, text);
  notices.append(notice);
  if (notices.childElementCount > MAX_SHOWN) notices.firstElementChild?.remove();
  setTimeout(() => {
    line.remove();
    notice.remove();
  }, SHOWN_MS);
}

export function announceError(error: unknown): void {
  announce(messageOf(error), 'bad');
}
