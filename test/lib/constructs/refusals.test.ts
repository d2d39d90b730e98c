import { App, Stack } from 'aws-cdk-lib';
import { describe, expect, it } from 'vitest';
import { InvalidEnvironment } from '../../../lib/config/load.ts';
import { checkPlaceholders, Runbook } from '../../../lib/constructs/runbook.ts';
import { TaskFunction } from '../../../lib/constructs/task-function.ts';

function stack(): Stack {
  const app = new App({ analyticsReporting: false, context: { 'aws:cdk:bundling-stacks': [] } });
  return new Stack(app, 'stack', { env: { account: '111111111111', region: 'eu-central-1' } });
}

const task = (scope: Stack, settings: unknown = {}) =>
  new TaskFunction(scope, 'SendNotice', { task: 'send-notice', environmentName: 'dev', settings });

describe('a runbook', () => {
  it('is refused when nothing is given for a placeholder of its machine', () => {
    expect(
      () => new Runbook(stack(), 'Runbook', { environmentName: 'dev', machine: 'status-updates', tasks: {} }),
    ).toThrow('status-updates.asl.json: nothing is given for SendNotice');
  });

  it('is refused when something is given that its machine does not use', () => {
    const scope = stack();
    const sendNotice = task(scope);
    const tasks = { SendNotice: sendNotice, SwitchDns: sendNotice };
    expect(
      () => new Runbook(scope, 'Runbook', { environmentName: 'dev', machine: 'status-updates', tasks }),
    ).toThrow('given and not used: SwitchDns');
  });

  it('is refused when nothing is given for a placeholder in the middle of a text', () => {
    expect(() => {
      checkPlaceholders('incident', '{"Name":"after ${OpenIncident}-${site-failover}"}', ['OpenIncident']);
    }).toThrow('incident.asl.json: nothing is given for site-failover');
  });
});

describe('a function', () => {
  it('is refused with settings that Lambda would not take and that only the deployment knows', () => {
    const scope = stack();
    const { functionArn } = task(scope, {}).function;
    const settings = { arns: Array(50).fill(functionArn) };
    const closing = () =>
      new TaskFunction(scope, 'CloseIncident', { task: 'close-incident', environmentName: 'dev', settings });
    expect(closing).toThrow(/settings of close-incident: about \d{4} bytes, allowed: 4032/);
    expect(() => {
      scope.node.tryRemoveChild('CloseIncident');
      closing();
    }).toThrow(InvalidEnvironment);
  });

  it('is not allowed any resource without a reason', () => {
    expect(() => task(stack()).allow(['s3:GetObject'], ['*'])).toThrow('say why any resource is allowed');
  });
});
