import { sandboxTarget } from '../support/sandbox-target.ts';
import { conformance } from './suite.ts';

conformance('the sandbox', () => sandboxTarget());
