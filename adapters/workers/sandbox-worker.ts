/**
 * The worker together with a cloud in memory: for trying it out (`npm run dev:edge`), with no cloud behind it.
 *
 * @module
 */

import { createSandbox } from '../sandbox/index.ts';
import { sandboxObject } from './sandbox-object.ts';

export { default, LimitCounter, ProjectEvents } from './worker.ts';
export const SandboxCloud = sandboxObject(() => createSandbox());
