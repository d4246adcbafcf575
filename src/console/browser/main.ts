/**
 * Entry point: sign-in, then the views of a customer or an operator.
 *
 * @module
 */

import { announce, mountAnnouncements } from './announce.ts';
import { messageOf, SESSION_EXPIRED, SESSION_RENEWED } from './api.ts';
import { codeView } from './code.ts';
import { createInstanceView } from './create-instance.ts';
import { h } from './dom.ts';
import { instanceView } from './instance.ts';
import { instancesView } from './instances.ts';
import { issueView, keysView } from './keys.ts';
import { LiveInstances } from './live.ts';
import { auditView, healthView, plansView } from './operator.ts';
import { newServiceKeyView, operatorKeysView } from './operator-keys.ts';
import { clearReadings } from './rate-limit.ts';
import {
  type CustomerSession,
  fetchSession,
  type OperatorSession,
  type SessionState,
  signOut,
} from './session.ts';
import { runShell } from './shell.ts';
import { showSignIn } from './sign-in.ts';
import { usageView } from './usage.ts';

const CUSTOMER_VIEWS = [
  instancesView,
  instanceView,
  createInstanceView,
  keysView,
  issueView,
  usageView,
  codeView,
];
const OPERATOR_VIEWS = [operatorKeysView, newServiceKeyView, plansView, auditView, healthView];

const root = h('div', { id: 'root' });
document.body.prepend(root);
mountAnnouncements();
/** Aborted with the session. */
let over = new AbortController();
const OVER = 'Your session has expired. Sign in again.';
/** The initial view does not take the focus. */
let hasBegun = false;

window.addEventListener(SESSION_EXPIRED, () => {
  if (!over.signal.aborted) start(OVER).catch(fail);
});
window.addEventListener(SESSION_RENEWED, () => void start(null).catch(fail));
start(null).catch(fail);

/** @param reason Shown above the sign-in form. */
async function start(reason: string | null): Promise<void> {
  over.abort();
  enter(await fetchSession(), reason);
}

function enter(now: SessionState, reason: string | null = null): void {
  over = new AbortController();
  clearReadings();
  const { session } = now;
  if (session === null) {
    over.abort();
    document.title = 'Sign in – Console';
    root.replaceChildren(showSignIn(now, reason, (entered) => enter(entered)));
    if (hasBegun) root.querySelector<HTMLElement>('h1')?.focus();
  } else if (session.as === 'customer') {
    root.replaceChildren(customerShell(now, session));
  } else {
    root.replaceChildren(operatorShell(now, session));
  }
  hasBegun = true;
  if (session === null) return;
  const { signal } = over;
  // Ends running subscriptions too.
  const ends = setTimeout(() => start(OVER).catch(fail), session.expires_in * 1000);
  signal.addEventListener('abort', () => clearTimeout(ends));
}

function customerShell(now: SessionState, session: CustomerSession): HTMLElement {
  const instances = new LiveInstances();
  over.signal.addEventListener('abort', () => instances.stop());
  instances.start();
  return runShell(
    {
      views: CUSTOMER_VIEWS,
      who: `${session.owned ? 'Cloud user' : `Key ${session.key.name}`}, project ${session.key.project_id}`,
      context: (signal, rest) => ({ signal, rest, state: now, session, instances }),
      onSignOut: leave,
      takesFocus: hasBegun,
    },
    over.signal,
  );
}

function operatorShell(now: SessionState, session: OperatorSession): HTMLElement {
  return runShell(
    {
      views: OPERATOR_VIEWS,
      who: 'Operator',
      context: (signal, rest) => ({ signal, rest, state: now, session }),
      onSignOut: leave,
      takesFocus: hasBegun,
    },
    over.signal,
  );
}

function leave(): void {
  signOut()
    .then(() => start('You are signed out.'))
    .catch((error: unknown) => announce(messageOf(error), 'bad'));
}

function fail(error: unknown): void {
  root.replaceChildren(
    h('main', { class: 'lone' }, h('h1', {}, 'Console'), h('p', { role: 'alert' }, messageOf(error))),
  );
}
