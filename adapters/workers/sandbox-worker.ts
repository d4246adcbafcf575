import { createSandbox } from '../sandbox/index.ts';
import { sandboxObject } from './sandbox-object.ts';

export { default, LimitCounter, ProjectEvents } from './worker.ts';
export const SandboxCloud = sandboxObject(() => createSandbox());
