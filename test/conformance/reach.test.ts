import { sandboxTarget } from '../support/sandbox-target.ts';
import { reachConformance } from './reach.ts';
import { partConformance } from './suite.ts';

partConformance('the sandbox', () => sandboxTarget(), reachConformance);
