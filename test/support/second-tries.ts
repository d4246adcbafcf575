import type { Reporter, TestModule } from 'vitest/node';

/**
 * Names every test that passed only when it was run again, with what it said at first. The suites work with real processes and
 * real clocks; on a busy machine one of them may be late once, which is no reason to lose a run, and a reason to mend the test.
 */
export default class SecondTries implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const module of modules) {
      for (const test of module.children.allTests('passed')) {
        if (test.diagnostic()?.flaky !== true) continue;
        const first = test.result().errors?.[0]?.message ?? 'no message';
        console.log(
          `PASSED ONLY AT THE SECOND TRY: ${module.relativeModuleId} > ${test.fullName}\n  ${first}`,
        );
      }
    }
  }
}
