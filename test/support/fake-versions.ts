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
    current: async (projectId) => ({ number: numbers.get(projectId) ?? 0, shared: false }),
    async bump(change) {
      numbers.set(change.projectId, (numbers.get(change.projectId) ?? 0) + 1);
      notify(change);
    },
    onChange: (listener) => listeners.push(listener),
    miss: () => notify(null),
  };
}
