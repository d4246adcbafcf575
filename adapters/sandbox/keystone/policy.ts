/** @module The services' default policies: what a project's roles may. */

import type { Principal } from './model.ts';

/** Whether a request changes something and its caller may only read: has not the role `member`, which others imply. */
export function isForbiddenWrite(method: string, { roles }: Principal): boolean {
  return !['GET', 'HEAD'].includes(method) && !roles.includes('member');
}
