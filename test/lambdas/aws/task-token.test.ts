import { SendTaskSuccessCommand, SFNClient } from '@aws-sdk/client-sfn';
import { mockClient } from 'aws-sdk-client-mock';
import { beforeEach, expect, it } from 'vitest';
import { succeedTask } from '../../../lambdas/aws/task-token.ts';
import { awsError, deploy } from '../memory-ledger.ts';

const stepFunctions = mockClient(SFNClient);
const gone = awsError('TaskTimedOut');
const silent = awsError('ServiceUnavailable', 'x', 503);

beforeEach(() => {
  deploy({});
  stepFunctions.reset();
});

it.each([
  ['taken', 'when it is', []],
  ['taken', 'after Step Functions was silent', [silent, silent]],
  ['gone', 'when nobody waits', [gone]],
  ['gone', 'when nobody has ever waited', [awsError('InvalidToken')]],
  ['perhaps', 'when nobody waits after a try that may have come through', [silent, gone]],
] as const)('a result is %s %s', async (became, _, errors) => {
  let answers = stepFunctions.on(SendTaskSuccessCommand);
  for (const error of errors) answers = answers.rejectsOnce(error);
  answers.resolves({});
  expect(await succeedTask('token', { decision: 'approve' })).toBe(became);
});

it('asks to try again when Step Functions stays silent, and says so when it refuses', async () => {
  stepFunctions.on(SendTaskSuccessCommand).rejects(silent);
  await expect(succeedTask('token', 1)).rejects.toMatchObject({ name: 'TryAgain' });
  stepFunctions.on(SendTaskSuccessCommand).rejects(awsError('AccessDeniedException'));
  await expect(succeedTask('token', 1)).rejects.toMatchObject({ name: 'AccessDeniedException' });
});
