/** What a route speaks, as metrics and logs name it: `redu`, `nova`, `admin`, `console`, or `none` for health and unknown paths. */
export function dialectOf(route: string): string {
  const [, first = ''] = route.split('/', 2);
  return DIALECTS[first] ?? 'none';
}

/** By the first segment of a route's path. */
const DIALECTS: Readonly<Record<string, string>> = {
  v1: 'redu',
  cloud: 'redu',
  admin: 'admin',
  console: 'console',
  identity: 'nova',
  compute: 'nova',
  image: 'nova',
  networking: 'nova',
  volume: 'nova',
};
