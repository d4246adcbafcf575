import { sandboxTarget } from '../support/sandbox-target.ts';
import { reachabilityConformance } from './reachability.ts';
import { partConformance } from './suite.ts';

partConformance('the sandbox', () => sandboxTarget(), reachabilityConformance);
