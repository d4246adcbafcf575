import { conformance } from '../../conformance/suite.ts';
import { edgeTarget } from '../target.ts';
import { INSIDE_URL } from './setup.ts';

conformance('a worker, from inside the runtime', () => edgeTarget(INSIDE_URL));
