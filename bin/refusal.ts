import { InvalidEnvironment } from '../lib/config/load.ts';

/**
 * Run, and end the process on a refusal with what to mend rather than with a stack trace: 2 for a wrong
 * environment, 1 for templates with unacknowledged findings, which CDK has listed by then.
 */
export function endOnRefusal<Result>(run: () => Result): Result {
  try {
    return run();
  } catch (error) {
    if (error instanceof InvalidEnvironment) {
      process.stderr.write(`${error.message}\n`);
      process.exit(2);
    }
    if (error instanceof Error && error.name === 'ValidationFailed') {
      process.stderr.write(`${error.message}\n`);
      process.exit(1);
    }
    throw error;
  }
}
