import type { ProjectChange, ProjectVersions } from '../../src/traffic/versions/project-versions.ts';

/** For tests: the versions of a gateway that is alone. */
export function testVersions(): ProjectVersions & {
  /** As when messages of other gateways were lost. */
  miss(): void;
} {
  const numbers = new Map<string, number>();
  const listeners: ((change: ProjectChange | null) => void)[] = [];
  const notify = (change: ProjectChange | null) => {
    for (const listener of listeners) listener(change);
  };
  return {
    current: async (tenant) => ({ number: numbers.get(tenant) ?? 0, shared: false }),
    async bump(change) {
      numbers.set(change.tenant, (numbers.get(change.tenant) ?? 0) + 1);
      notify(change);
    },
    onChange: (listener) => listeners.push(listener),
    miss: () => notify(null),
  };
}
