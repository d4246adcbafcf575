import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** They take minutes, mostly waiting, in a few lines; Vitest takes large files for long ones and would start them last. */
const LONG = /\/(?:conformance\/[^/]+|inventory\/conformance)\.test\.ts$/;

/** Spreads the longest files over the run, the first at its start: no worker runs one alone at the end. */
export class SpreadLongFiles extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const sorted = await super.sort(files);
    // Of these, the smallest takes longest.
    const long = sorted.filter(({ moduleId }) => LONG.test(moduleId)).toReversed();
    const spread = sorted.filter(({ moduleId }) => !LONG.test(moduleId));
    const distance = Math.ceil(spread.length / (long.length + 1));
    for (const [index, file] of long.entries()) spread.splice(index * (distance + 1), 0, file);
    return spread;
  }
}
