import { conformance } from '../conformance/suite.ts';
import { sandboxTarget } from '../support/sandbox-target.ts';

/** So short that every read asks the cloud, and fleets of any size follow changes: nothing else is late then. */
const fleets = { maxAgeMs: 1e-6, relistThreshold: 0 };

conformance('the sandbox, through fleets that follow changes', () => sandboxTarget({ inventory: fleets }));
