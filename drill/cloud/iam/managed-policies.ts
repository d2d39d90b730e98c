import { readPolicy, type Statement } from './policy.ts';

const allow = (Action: readonly string[]) =>
  readPolicy({ Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action, Resource: '*' }] }, 'identity');

const writeLogs = ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'];

/** AWS's own policies that CDK attaches to functions, as AWS's managed policy reference lists them. */
const policies: Readonly<Record<string, readonly Statement[]>> = {
  'service-role/AWSLambdaBasicExecutionRole': allow(writeLogs),
  'service-role/AWSLambdaVPCAccessExecutionRole': allow([
    ...writeLogs,
    'ec2:CreateNetworkInterface',
    'ec2:DescribeNetworkInterfaces',
    'ec2:DescribeSubnets',
    'ec2:DeleteNetworkInterface',
    'ec2:AssignPrivateIpAddresses',
    'ec2:UnassignPrivateIpAddresses',
  ]),
  AWSXRayDaemonWriteAccess: allow([
    'xray:PutTraceSegments',
    'xray:PutTelemetryRecords',
    'xray:GetSamplingRules',
    'xray:GetSamplingTargets',
    'xray:GetSamplingStatisticSummaries',
  ]),
};

/** Statements of an AWS managed policy by its ARN; undefined when it is not one that we know. */
export function managedPolicy(arn: string): readonly Statement[] | undefined {
  const [, name = ''] = /^arn:aws:iam::aws:policy\/(.+)$/.exec(arn) ?? [];
  return Object.hasOwn(policies, name) ? policies[name] : undefined;
}
