import { LocalVersions } from '../../src/traffic/versions/local-versions.ts';
import type { ProjectVersions } from '../../src/traffic/versions/project-versions.ts';

/** Versions in this process; for a single gateway. Several without Redis do not hear of each other's changes. */
export function memoryVersions(): ProjectVersions {
  return new LocalVersions();
}
