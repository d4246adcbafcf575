import type { LiveInstances } from './live.ts';
import type { CustomerSession, OperatorSession, SessionState } from './session.ts';

interface Common {
  /** Aborted when another view is shown. */
  readonly signal: AbortSignal;
  readonly state: SessionState;
  /** The address after the view's name. */
  readonly rest: string;
}

export interface CustomerContext extends Common {
  readonly session: CustomerSession;
  readonly instances: LiveInstances;
}

export interface OperatorContext extends Common {
  readonly session: OperatorSession;
}

export interface View<Context> {
  /** In the address: `#/name`. */
  readonly name: string;
  readonly title: string;
  /** Its content, without the heading. */
  readonly show: (context: Context) => Promise<Node> | Node;
  readonly headingAction?: (context: Context) => Node | null;
  /** The parent view of a view that is not in the menu. */
  readonly within?: string;
}

export function go(address: string): void {
  window.location.hash = `#/${address}`;
}
