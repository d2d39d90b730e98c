import { Stack, type StackProps } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import type { Environment } from '../config/schema.ts';
import { DatabaseAlarms } from '../constructs/database-alarms.ts';
import { names } from '../names.ts';

/**
 * Of so many databases the alarms are in the recovery stack; more have a stack of their own, because one may have 500
 * resources (CloudFormation quotas).
 */
const inRecovery = 24;

export function watchedApart({ databases }: Environment): boolean {
  return databases.length > inRecovery;
}

/** In the standby's region, beside the recovery stack: the alarms of many databases. */
export class WatchStack extends Stack {
  constructor(scope: Construct, id: string, environment: Environment, props: StackProps) {
    super(scope, id, props);
    new DatabaseAlarms(this, 'DatabaseAlarms', {
      environment,
      oncallArns: names(environment).oncallTopicArns,
    });
  }
}
