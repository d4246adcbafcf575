import { isOfficialService } from '../further-services.ts';

/** Value of the label `dialect`: `redu`, `mcp`, `nova`, `admin`, `console`, or `none` for health and unknown paths. */
export function dialectOf(route: string): string {
  const end = route.indexOf('/', 1);
  const first = route.slice(1, end < 0 ? undefined : end);
  return DIALECTS[first] ?? (isOfficialService(first) ? 'nova' : 'none');
}

/** The route of services that only the cloud's catalog names. */
export const OTHER_SERVICES_ROUTE = '/{service}/*';

/** By the first segment of a route's path. */
const DIALECTS: Readonly<Record<string, string>> = {
  v1: 'redu',
  mcp: 'mcp',
  cloud: 'redu',
  admin: 'admin',
  console: 'console',
  '{service}': 'nova',
  identity: 'nova',
  compute: 'nova',
  image: 'nova',
  networking: 'nova',
  volume: 'nova',
};
