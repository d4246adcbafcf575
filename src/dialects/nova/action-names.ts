/** Actions that Nova's history names differently. */
const NAMES: Readonly<Record<string, string>> = {
  confirmResize: 'confirm_resize',
  revertResize: 'revert_resize',
  createImage: 'snapshot',
  createBackup: 'backup',
  changePassword: 'set_password',
};
const NOVA_NAMES = Object.fromEntries(Object.entries(NAMES).map(([theirs, neutral]) => [neutral, theirs]));

/** The name in `HistoryEntry`. */
export function neutralAction(name: string): string {
  return Object.hasOwn(NAMES, name) ? (NAMES[name] ?? name) : name;
}

export function novaAction(neutral: string): string {
  return Object.hasOwn(NOVA_NAMES, neutral) ? (NOVA_NAMES[neutral] ?? neutral) : neutral;
}
