import { createSandbox, sandboxRegions } from '../sandbox/index.ts';
import { sandboxObject } from './sandbox-object.ts';
import { configOf } from './worker.ts';

export { default, LimitCounter, ProjectEvents } from './worker.ts';
export const SandboxCloud = sandboxObject((bindings: object) =>
  createSandbox({ regions: sandboxRegions(configOf(bindings).regions) }),
);
