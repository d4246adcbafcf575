/** What of a stored key decides its state. */
interface KeyLifecycle {
  readonly revokedAt: string | null;
  readonly expiresAt: string | null;
  readonly disabled: boolean;
}

/** What a key is at a moment. Only an active one opens anything. */
export const KEY_STATES = ['active', 'disabled', 'expired', 'revoked'] as const;
export type KeyState = (typeof KEY_STATES)[number];

/** @param now Epoch milliseconds. */
export function keyState(key: KeyLifecycle, now: number): KeyState {
  if (key.revokedAt !== null) return 'revoked';
  if (key.expiresAt !== null && Date.parse(key.expiresAt) <= now) return 'expired';
  return key.disabled ? 'disabled' : 'active';
}

/** Neither revoked nor expired. @param now Epoch milliseconds. */
export function isLive(key: KeyLifecycle, now: number): boolean {
  const state = keyState(key, now);
  return state === 'active' || state === 'disabled';
}
