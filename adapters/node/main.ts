import { runCommandLine } from './commands/run.ts';

await runCommandLine(process.argv.slice(2));
