import { debianProgram } from './debian-package.ts';

/** Prometheus' command line; null, with the reason printed, where it cannot be had. */
export function promtool(): Promise<string | null> {
  return debianProgram('/usr/bin/promtool', ['prometheus'], 'RULES AND DASHBOARDS OF PROMETHEUS');
}
