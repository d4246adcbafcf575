import {
  FURTHER_SERVICES,
  type FurtherService,
  isOfficialService,
  type OfficialService,
} from './further-services.ts';

/** What an API key may do: a key holds a set of scopes, a route requires one. Each further service has two more. */
export const SCOPES = [
  'instances:read',
  'instances:write',
  'network:write',
  'keypairs:write',
  'volumes:write',
  'images:write',
  'keys:write',
  'admin',
] as const;

/** Of every further service, also of one that is configured later. */
export const EVERY_SERVICE = ['*:read', '*:write'] as const;

const ACCESSES = ['read', 'write'] as const;
type ServiceAccess = (typeof ACCESSES)[number];
export type ServiceScope = `${OfficialService}:${ServiceAccess}` | (typeof EVERY_SERVICE)[number];
export type Scope = (typeof SCOPES)[number] | ServiceScope;

/** The scopes of a key whose issuer names none, besides `EVERY_SERVICE`: all but `admin`. */
export const DEFAULT_SCOPES: readonly Scope[] = SCOPES.filter((scope) => scope !== 'admin');

/** Every scope there is, in the order in which they are stored. */
export const ALL_SCOPES: readonly Scope[] = [
  ...SCOPES,
  ...EVERY_SERVICE,
  ...FURTHER_SERVICES.flatMap((service) => ACCESSES.map((access) => serviceScope(service, access))),
];

/** A service that OpenStack has no name for has those of every service only. */
export function serviceScope(service: FurtherService, access: ServiceAccess): ServiceScope {
  return isOfficialService(service) ? `${service}:${access}` : `*:${access}`;
}

/** Whether `scopes` contain `scope`, by name or as one of every service. */
export function hasScope(scopes: readonly Scope[], scope: Scope): boolean {
  if (scopes.includes(scope)) return true;
  const [service = '', access] = scope.split(':');
  return (
    isOfficialService(service) && EVERY_SERVICE.some((one) => one === `*:${access}` && scopes.includes(one))
  );
}

/** As shown: scopes of every service as those of the services served, unless all are. */
export function shownScopes(scopes: readonly Scope[], served: ReadonlySet<string>): readonly Scope[] {
  const further = FURTHER_SERVICES.filter((service) => served.has(service));
  if (further.length === FURTHER_SERVICES.length) return scopes;
  return ALL_SCOPES.filter((scope) => {
    if (scope.startsWith('*')) return false;
    const [service = ''] = scope.split(':');
    return scopes.includes(scope) || (served.has(service) && hasScope(scopes, scope));
  });
}
