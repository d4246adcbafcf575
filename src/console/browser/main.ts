import { announceError, mountAnnouncements } from './announce.ts';
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
import { regionChoice } from './region-choice.ts';
import { type CustomerSession, fetchSession, type SessionState, signOut } from './session.ts';
import { runShell, type ShellOptions } from './shell.ts';
import { showSignIn } from './sign-in.ts';
import { usageView } from './usage.ts';
import type { CustomerContext } from './view.ts';

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
    hasBegun = true;
    return;
  }
  const { signal } = over;
  const common = { onSignOut: leave, takesFocus: hasBegun };
  root.replaceChildren(
    session.as === 'customer'
      ? customerShell(now, session, common)
      : runShell(
          {
            ...common,
            views: OPERATOR_VIEWS,
            who: 'Operator',
            context: (signal, rest) => ({ signal, rest, state: now, session }),
          },
          signal,
        ),
  );
  hasBegun = true;
  // Ends running subscriptions too.
  const ends = setTimeout(() => start(OVER).catch(fail), session.expires_in * 1000);
  signal.addEventListener('abort', () => clearTimeout(ends));
}

function customerShell(
  now: SessionState,
  session: CustomerSession,
  common: Pick<ShellOptions<CustomerContext>, 'onSignOut' | 'takesFocus'>,
): HTMLElement {
  const instances = new LiveInstances();
  over.signal.addEventListener('abort', () => instances.stop());
  instances.start();
  const identity = session.owned ? 'Cloud user' : `Key ${session.key.name}`;
  return runShell(
    {
      ...common,
      views: CUSTOMER_VIEWS,
      who: `${identity}, project ${session.key.project_id}`,
      aside: regionChoice(over.signal),
      context: (signal, rest) => ({ signal, rest, state: now, session, instances }),
    },
    over.signal,
  );
}

function leave(): void {
  signOut()
    .then(() => start('You are signed out.'))
    .catch(announceError);
}

function fail(error: unknown): void {
  const text = h('p', { role: 'alert' }, messageOf(error));
  root.replaceChildren(h('main.lone', h('h1', 'Console'), text));
}
