import type { LiveInstances } from './live.ts';
import type { CustomerSession, OperatorSession, SessionState } from './session.ts';

/** What a view is shown with. */
interface Common {
  /** Aborted when another view takes its place. */
  readonly signal: AbortSignal;
  readonly state: SessionState;
  /** What follows the view's name in the address. */
  readonly rest: string;
}

export interface CustomerContext extends Common {
  readonly session: CustomerSession;
  readonly instances: LiveInstances;
}

export interface OperatorContext extends Common {
  readonly session: OperatorSession;
}

/** A part of the console at an address of its own. */
export interface View<Context> {
  /** In the address: `#/name`. */
  readonly name: string;
  readonly title: string;
  /** Its content, without the heading. */
  readonly show: (context: Context) => Promise<Node> | Node;
  /** What stands beside the heading. */
  readonly beside?: (context: Context) => Node | null;
  /** Reached from another view, not from the menu; that one's name. */
  readonly within?: string;
}

/** Goes to another view. */
export function go(address: string): void {
  window.location.hash = `#/${address}`;
}
