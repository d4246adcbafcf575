import { conformance } from '../conformance/suite.ts';
import { sandboxTarget } from '../support/sandbox-target.ts';

/** So short that every read asks the cloud: then nothing is late but what a list of changes does not tell. */
const maxAge = 1e-6;

conformance('the sandbox, with fleets that are listed whole', () => sandboxTarget({ fleets: { maxAge } }));
conformance('the sandbox, with fleets that follow changes', () =>
  sandboxTarget({ fleets: { maxAge, smallFleet: 0 } }),
);
