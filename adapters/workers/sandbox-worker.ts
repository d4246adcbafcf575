/**
 * The worker with the sandbox cloud, for `npm run dev:edge`.
 *
 * @module
 */

import { createSandbox } from '../sandbox/index.ts';
import { sandboxObject } from './sandbox-object.ts';

export { default, LimitCounter, ProjectEvents } from './worker.ts';
export const SandboxCloud = sandboxObject(() => createSandbox());
