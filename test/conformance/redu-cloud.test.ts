import { reduChainTarget } from '../support/redu-chain-target.ts';
import { sandboxTarget } from '../support/sandbox-target.ts';
import { computeConformance } from './suite.ts';

computeConformance('a redu cloud, which is a gateway in front of the sandbox', async () =>
  reduChainTarget(await sandboxTarget()),
);
