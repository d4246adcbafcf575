/** Never contains the value of the variable. */
export interface Problem {
  readonly variable: string;
  readonly problem: string;
}

/** Invalid variables; the message has a line for each. */
export class ConfigError extends Error {
  readonly problems: readonly Problem[];

  constructor(variable: string, problem: string, ...others: readonly Problem[]) {
    const problems = [{ variable, problem }, ...others];
    const lines = problems.map((one) => `${one.variable} ${one.problem}`);
    super(
      lines.length === 1
        ? lines.join()
        : `${lines.length} problems:\n${lines.map((line) => `  ${line}`).join('\n')}`,
    );
    this.name = 'ConfigError';
    this.problems = problems;
  }
}
