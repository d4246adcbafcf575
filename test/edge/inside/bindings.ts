import { env } from 'cloudflare:workers';
import type { Bindings } from '../../../adapters/workers/worker.ts';

/** The bindings of the worker under test, for a test that puts a gateway together itself. */
export const bindings = env as Bindings;
