import { describe, expect, it } from 'vitest';
import { at, machineArn, newStates, region, waitMachine } from './machines.ts';

const start = Date.parse('2026-11-23T04:00:00Z');

describe('Step Functions Execution Status Change', () => {
  it('goes to the default bus of the machine region when an execution starts and when it ends', async () => {
    const { machine, call, clock, events } = newStates();
    machine('m', waitMachine(60));
    await call('StartExecution', { stateMachineArn: machineArn('m'), name: 'e', input: '{"a":1}' });
    await clock.sleep(120_000);
    const executionArn = `${at}:execution:m:e`;
    expect(events).toEqual([
      {
        where: region,
        putAt: start + 500,
        source: 'aws.states',
        'detail-type': 'Step Functions Execution Status Change',
        region,
        resources: [executionArn],
        time: '2026-11-23T04:00:00Z',
        detail: {
          executionArn,
          stateMachineArn: machineArn('m'),
          name: 'e',
          status: 'RUNNING',
          startDate: start,
          stopDate: null,
          input: '{"a":1}',
          inputDetails: { included: true },
          output: null,
          outputDetails: null,
          stateMachineVersionArn: null,
          stateMachineAliasArn: null,
          redriveCount: 0,
          redriveDate: null,
          redriveStatus: 'NOT_REDRIVABLE',
          redriveStatusReason: 'Execution is RUNNING and cannot be redriven',
          error: null,
          cause: null,
        },
      },
      expect.objectContaining({
        putAt: start + 60_500,
        time: '2026-11-23T04:01:00Z',
        detail: expect.objectContaining({
          status: 'SUCCEEDED',
          stopDate: start + 60_000,
          output: '{"a":1}',
          outputDetails: { included: true },
        }),
      }),
    ]);
  });

  it.each([
    [{ States: { F: { Type: 'Fail', Error: 'E', Cause: 'C' } }, StartAt: 'F' }, 'FAILED', 'E', 'C'],
    [{ ...waitMachine(60), TimeoutSeconds: 1 }, 'TIMED_OUT', 'States.Timeout', null],
  ])('of %j says %s with error %s and cause %s', async (definition, status, error, cause) => {
    const { machine, call, clock, events } = newStates();
    machine('m', { QueryLanguage: 'JSONata', ...definition });
    await call('StartExecution', { stateMachineArn: machineArn('m'), name: 'e' });
    await clock.sleep(60_000);
    expect(events.at(-1)).toMatchObject({ detail: { status, error, cause, redriveStatus: 'REDRIVABLE' } });
  });

  it('leaves out an input that is larger than an event may carry', async () => {
    const { machine, call, clock, events } = newStates();
    machine('m', waitMachine(1));
    const input = JSON.stringify('x'.repeat(255_000));
    await call('StartExecution', { stateMachineArn: machineArn('m'), name: 'e', input });
    await clock.sleep(60_000);
    expect(events).toMatchObject([
      { detail: { input: null, inputDetails: { included: false } } },
      { detail: { input: null, output: null, outputDetails: { included: false } } },
    ]);
  });
});

describe('those who watch', () => {
  it('hear of every event of every execution when it happens', async () => {
    const { machine, call, clock, states, told } = newStates();
    machine('m', waitMachine(60));
    const heard: unknown[] = [];
    states.onTransition(({ executionName, stateMachineName, event }) =>
      heard.push([executionName, stateMachineName, event.type, clock.now() - start]),
    );
    await call('StartExecution', { stateMachineArn: machineArn('m'), name: 'e' });
    await clock.sleep(120_000);
    expect(heard).toEqual([
      ['e', 'm', 'ExecutionStarted', 0],
      ['e', 'm', 'WaitStateEntered', 0],
      ['e', 'm', 'WaitStateExited', 60_000],
      ['e', 'm', 'ExecutionSucceeded', 60_000],
    ]);
    expect(told).toEqual(['Step Functions | m started | e', 'Step Functions | m succeeded | e']);
  });

  it('may start executions for rules and schedules', () => {
    const { machine, states } = newStates();
    machine('m', waitMachine(60));
    expect(states.starter.start({ stateMachineArn: machineArn('m'), input: '{}', name: 'e' })).toEqual({
      executionArn: `${at}:execution:m:e`,
    });
    expect(() => states.starter.start({ stateMachineArn: machineArn('x'), input: '{}' })).toThrow(
      'Does Not Exist',
    );
  });
});
