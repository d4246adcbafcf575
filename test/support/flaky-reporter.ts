import type { Reporter, TestModule } from 'vitest/node';

/**
 * Prints every test that passed only on retry, with its first failure. The suites work with real processes and
 * real clocks; on a busy machine one of them may be late once, which is no reason to lose a run, and a reason to mend the test.
 */
export default class SecondTries implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const module of modules) {
      for (const test of module.children.allTests('passed')) {
        if (test.diagnostic()?.flaky !== true) continue;
        const first = test.result().errors?.[0]?.message ?? 'no message';
        console.log(`FLAKY (passed on retry): ${module.relativeModuleId} > ${test.fullName}\n  ${first}`);
      }
    }
  }
}
