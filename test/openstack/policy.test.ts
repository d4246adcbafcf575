import { policyConformance } from '../conformance/policy.ts';
import { partConformance } from '../conformance/suite.ts';
import { openStackTarget } from './target.ts';

partConformance('a real OpenStack', openStackTarget, policyConformance);
