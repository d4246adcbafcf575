import type { Instance, InstanceAction } from '../../client/index.ts';
import { h } from './dom.ts';

export type Action = InstanceAction['action'];

interface ActionLabels {
  readonly label: string;
  /** Announced after acceptance, for actions that do not change the state. */
  readonly accepted?: string;
  readonly hint?: string;
}

export const ACTIONS: Readonly<Record<Action, ActionLabels>> = {
  start: { label: 'Start' },
  stop: { label: 'Stop' },
  reboot: { label: 'Reboot' },
  pause: { label: 'Pause', hint: 'Keeps its memory on the host.' },
  unpause: { label: 'Unpause' },
  suspend: { label: 'Suspend', hint: 'Writes its memory to disk.' },
  resume: { label: 'Resume' },
  shelve: { label: 'Shelve', hint: 'Keeps its disk and gives its host back.' },
  unshelve: { label: 'Unshelve' },
  rescue: { label: 'Rescue' },
  unrescue: { label: 'End rescue' },
  lock: { label: 'Lock', accepted: 'is locked' },
  unlock: { label: 'Unlock', accepted: 'is unlocked' },
  confirm_resize: { label: 'Confirm resize' },
  revert_resize: { label: 'Revert resize' },
  resize: { label: 'Resize' },
  rebuild: { label: 'Rebuild' },
  snapshot: { label: 'Snapshot', accepted: 'is being saved as an image' },
  backup: { label: 'Backup', accepted: 'is being saved as a backup' },
  set_password: { label: 'Set password', accepted: 'has a new password' },
};

const ACTIONS_BY_STATE: Readonly<Record<string, readonly Action[]>> = {
  active: ['stop', 'reboot', 'pause', 'suspend', 'snapshot', 'resize', 'shelve', 'rescue', 'rebuild'],
  stopped: ['start', 'snapshot', 'resize', 'shelve', 'rescue', 'rebuild'],
  paused: ['unpause'],
  suspended: ['resume'],
  shelved: ['unshelve'],
  rescued: ['unrescue'],
  resized: ['confirm_resize', 'revert_resize'],
  error: ['reboot', 'rebuild'],
};
const ROW_ACTIONS: readonly Action[] = [
  'start',
  'stop',
  'unpause',
  'resume',
  'unshelve',
  'unrescue',
  'confirm_resize',
];

/** Deletion is always possible. */
export function actionsIn(state: string): readonly Action[] {
  return ACTIONS_BY_STATE[state] ?? [];
}

export function rowActionsIn(state: string): readonly Action[] {
  return actionsIn(state).filter((action) => ROW_ACTIONS.includes(action));
}

export function isTransitional(state: string): boolean {
  return /ing$/.test(state);
}

const TONES: Readonly<Record<string, string>> = {
  active: 'good',
  error: 'bad',
  rescued: 'busy',
  resized: 'busy',
};

/** The text, not only the color, shows the state. */
export function stateBadge(state: string): HTMLElement {
  const tone = TONES[state] ?? (isTransitional(state) ? 'busy' : 'idle');
  return h('span', { class: `badge ${tone}`, 'data-state': state }, state);
}

export function publicAddress({ metadata }: Instance): string | null {
  return metadata.floatingIp ?? null;
}
