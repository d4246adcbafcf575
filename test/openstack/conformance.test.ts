import { conformance } from '../conformance/suite.ts';
import { openStackTarget } from './target.ts';

conformance('a real OpenStack', openStackTarget);
