/** Which requests for the identity service go to the cloud's own Keystone. Its policies apply in addition. */

import type { NovaSession } from '../session.ts';

/** What Keystone has below `/v3`, but for what the gateway serves in its place. */
const COLLECTIONS: ReadonlySet<string> = new Set([
  'OS-EP-FILTER',
  'OS-FEDERATION',
  'OS-INHERIT',
  'OS-OAUTH1',
  'OS-REVOKE',
  'OS-TRUST',
  'credentials',
  'domains',
  'endpoints',
  'groups',
  'limits',
  'policies',
  'projects',
  'regions',
  'registered_limits',
  'role_assignments',
  'role_inferences',
  'roles',
  'services',
  'system',
  'users',
]);

/** A key is an application credential, so these of its own user are the gateway's. */
const KEYS_OF_USER: ReadonlySet<string> = new Set(['application_credentials', 'access_rules']);

/** Keystone's database may compare others as equal to it, as one with a space at its end. */
const PLAIN_ID = /^[0-9a-zA-Z_-]+$/;

/** Collections that every member may read, as Keystone narrows them. */
const OPEN_COLLECTIONS: ReadonlySet<string> = new Set(['limits', 'regions', 'registered_limits']);

export interface KeystoneCaller {
  readonly session: Pick<NovaSession, 'user' | 'project'>;
  /** A service key's user is the operator's account, which customers must not see. */
  readonly isServiceKey: boolean;
  /** Whether the cloud takes the credential for an administrator. */
  readonly isAdministrator: boolean;
  readonly hasAdminScope: boolean;
}

export function isKeystoneCollection([collection = '']: readonly string[]): boolean {
  return COLLECTIONS.has(collection);
}

/**
 * Whether Keystone responds; else the gateway does. Never where Keystone would issue a token of the cloud: the gateway's own are
 * the only ones that customers see.
 *
 * @param segments Below `/v3`, decoded.
 */
export function goesToKeystone(
  segments: readonly string[],
  isRead: boolean,
  caller: KeystoneCaller,
): boolean {
  const [collection = '', id = '', part = ''] = segments;
  if (!isKeystoneCollection(segments) || issuesTokens(segments)) return false;
  // Keystone's database compares ids case-insensitively.
  const isOwnUser = collection === 'users' && id.toLowerCase() === caller.session.user.id.toLowerCase();
  if (KEYS_OF_USER.has(part) && collection === 'users' && (isOwnUser || !PLAIN_ID.test(id))) return false;
  return caller.isAdministrator ? caller.hasAdminScope : isRead && isOpenToMembers(segments, caller);
}

function isOpenToMembers(
  [collection = '', id, part, item]: readonly string[],
  { session, isServiceKey }: KeystoneCaller,
): boolean {
  if (OPEN_COLLECTIONS.has(collection)) return part === undefined;
  const { user, project } = session;
  switch (collection) {
    case 'projects':
      return id === project.id && (part === 'tags' || part === undefined);
    case 'domains':
      return id === project.domain.id && part === undefined;
    case 'users':
      return (
        !isServiceKey && id === user.id && (part === 'groups' || part === undefined) && item === undefined
      );
    default:
      return false;
  }
}

function issuesTokens([collection, second, ...others]: readonly string[]): boolean {
  if (collection === 'OS-OAUTH1') return second === 'access_token' || second === 'request_token';
  return collection === 'OS-FEDERATION' && others.includes('auth');
}
