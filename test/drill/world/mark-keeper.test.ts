import type { HistoryEvent } from '@aws-sdk/client-sfn';
import { expect, test } from 'vitest';
import { MarkKeeper } from '../../../drill/world/mark-keeper.ts';

const transition = (executionArn: string, event: Partial<HistoryEvent>, at: number) => ({
  executionArn,
  executionName: 'x',
  stateMachineArn: 'm',
  stateMachineName: 'lifeboat-dev-incident',
  event: { id: 1, type: 'TaskStateEntered', ...event, timestamp: new Date(at) } as HistoryEvent,
});
const entered = (name: string) => ({ stateEnteredEventDetails: { name } });

test('the last good request is the one before the first bad one, though it came after the damage', () => {
  const keeper = new MarkKeeper();
  keeper.sampled({ at: 1, servedBy: 'primary' });
  keeper.damaged(2);
  keeper.sampled({ at: 3, servedBy: 'primary' });
  keeper.sampled({ at: 4, servedBy: null });
  keeper.sampled({ at: 5, servedBy: 'standby' });
  keeper.sampled({ at: 6, servedBy: 'standby' });
  expect(keeper.marks).toMatchObject({ damaged: 2, lastGood: 3, servedAgain: 5 });
});

test('a client that is never unserved is not counted as served again', () => {
  const keeper = new MarkKeeper();
  keeper.damaged(2);
  keeper.sampled({ at: 3, servedBy: 'primary' });
  expect(keeper.marks.servedAgain).toBeUndefined();
});

test('an execution that joins does not close the incident', () => {
  const keeper = new MarkKeeper();
  keeper.damaged(0);
  keeper.transition(transition('first', entered('StartStatusUpdates'), 10));
  keeper.transition(transition('second', { type: 'ExecutionSucceeded' }, 20));
  expect(keeper.marks.closed).toBeUndefined();
  keeper.transition(transition('first', { type: 'ExecutionFailed' }, 30));
  expect(keeper.marks).toMatchObject({ opened: 10, closed: 30 });
});

test('who is served wrong data had his last good answer before the damage', () => {
  const keeper = new MarkKeeper();
  keeper.sampled({ at: 1, servedBy: 'primary' });
  keeper.damaged(2, 'served-wrongly');
  keeper.sampled({ at: 3, servedBy: 'primary' });
  keeper.sampled({ at: 4, servedBy: null });
  keeper.sampled({ at: 5, servedBy: 'primary' });
  expect(keeper.marks).toMatchObject({ lastGood: 1, servedAgain: 5 });
});
