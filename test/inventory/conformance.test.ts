import { conformance } from '../conformance/suite.ts';
import { sandboxTarget } from '../support/sandbox-target.ts';

/** Every read syncs, and always by changes. */
const inventory = { maxAgeMs: 1e-6, relistThreshold: 0 };

conformance('the sandbox, through inventories that sync by changes', () => sandboxTarget({ inventory }));
