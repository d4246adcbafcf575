/** @module Token validation, which every service does first, as keystonemiddleware does. */

import type { Cloud } from '../cloud.ts';
import { assignedRoles, type Principal, type Token } from './model.ts';

/**
 * Finds a valid token: known, not expired, its user enabled, its credential still there and its user not without roles.
 * @returns undefined when the token is none of that.
 */
export function findToken(cloud: Cloud, id: string | null): Token | undefined {
  const token = id ? cloud.identity.tokens.get(id) : undefined;
  if (!token || token.expiresAt <= cloud.timeline.now()) return undefined;
  if (!cloud.identity.users.get(token.userId)?.enabled) return undefined;
  if (token.credentialId && !cloud.identity.credentials.has(token.credentialId)) return undefined;
  if (token.projectId && assignedRoles(cloud.identity, token.userId, token.projectId).size === 0)
    return undefined;
  return token;
}

/**
 * The principal of a request's `X-Auth-Token`; undefined when there is no valid one, or its credential is not for this request.
 *
 * @param service Its type in the catalog, and the path below its root; absent where access rules do not count.
 */
export function principalOf(
  cloud: Cloud,
  request: Request,
  service?: { readonly type: string; readonly path: string },
): Principal | undefined {
  const token = findToken(cloud, request.headers.get('X-Auth-Token'));
  if (!token) return undefined;
  const rules = token.credentialId ? cloud.identity.credentials.get(token.credentialId)?.accessRules : null;
  if (service !== undefined && rules?.length) {
    const isAllowed = rules.some(
      (rule) =>
        rule.service === service.type && rule.method === request.method && matches(rule.path, service.path),
    );
    if (!isAllowed) return undefined;
  }
  return {
    userId: token.userId,
    projectId: token.projectId ?? '',
    roles: token.roles,
    isAdmin: token.roles.includes('admin'),
    token,
  };
}

/** As keystonemiddleware reads the paths of rules. */
function matches(pattern: string, path: string): boolean {
  const parts = pattern.split(/(\*\*|\*|\{[^}]*\})/).map((part) => {
    if (part === '**') return '.*';
    return part === '*' || part.startsWith('{') ? '[^/]+' : part.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
  });
  return new RegExp(`^${parts.join('')}$`).test(path);
}

/** The header that goes with every 401. */
export function challenge(cloud: Cloud): Record<string, string> {
  return { 'WWW-Authenticate': `Keystone uri="${cloud.authUrl}"` };
}
