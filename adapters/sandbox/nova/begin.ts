/** @module How every action begins: lock, state, an entry in the history. */

import type { NovaCall } from './call.ts';
import { refuseLocked, requireState } from './find-server.ts';
import { noteAction, noteEnd, runTask, type Stage } from './lifecycle.ts';
import type { Server } from './model.ts';

/** What an action needs and is called. */
export interface Rule {
  /** As Nova's 409 calls it. */
  what: string;
  states: readonly string[];
  /** task_states that allow it, besides none. */
  tasks?: readonly string[];
  /** A lock does not stop it. */
  despiteLock?: boolean;
}

/**
 * Checks lock and state, notes the action, runs its stages, and at the end lets it change the server.
 * @throws Fault 409
 */
export function begin(
  call: NovaCall,
  server: Server,
  rule: Rule,
  stages: readonly Stage[],
  end: () => void,
): undefined {
  if (rule.despiteLock !== true) refuseLocked(call, server);
  requireState(server, rule.what, rule.states, rule.tasks);
  noteAction(call.cloud, server, rule.what, call.requestId, call.principal.userId);
  runTask(call.cloud, server, stages, () => {
    end();
    noteEnd(call.cloud, server);
  });
  return undefined;
}
