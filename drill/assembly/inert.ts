import type { CreateResource, DeployedResource } from '../cloud/contract.ts';

/**
 * Types that have an identity here and no behaviour: nothing that a recovery does depends on what they do.
 * Each is listed by name, so that a type with behaviour is never taken for one of these.
 */
export const inertResources: Readonly<Record<string, CreateResource>> = {
  'AWS::CDK::Metadata': named('metadata', () => ''),
  'AWS::Logs::LogGroup': named('LogGroupName', (name, r) => arn('logs', r, `log-group:${name}:*`)),
  'AWS::Logs::ResourcePolicy': named('PolicyName', () => ''),
  'AWS::KMS::Key': named('KeyId', (name, r) => arn('kms', r, `key/${name}`)),
  'AWS::KMS::Alias': named('AliasName', (name, r) => arn('kms', r, name)),
  'AWS::SQS::Queue': (resource) => {
    const name = nameOf(resource, 'QueueName');
    return {
      ref: `https://sqs.${resource.region}.amazonaws.com/${resource.account}/${name}`,
      attributes: { Arn: arn('sqs', resource, name), QueueName: name },
    };
  },
  'AWS::SQS::QueuePolicy': named('policy', () => ''),
  'AWS::S3::BucketPolicy': named('policy', () => ''),
  'AWS::SNS::TopicPolicy': named('policy', () => ''),
};

function named(
  property: string,
  arnOf: (name: string, resource: DeployedResource) => string,
): CreateResource {
  return (resource) => {
    const name = nameOf(resource, property);
    return { ref: name, attributes: { Arn: arnOf(name, resource) } };
  };
}

function nameOf(resource: DeployedResource, property: string): string {
  const given = resource.properties[property];
  return typeof given === 'string' ? given : `${resource.stack}-${resource.logicalId}`.toLowerCase();
}

function arn(service: string, { region, account }: DeployedResource, resource: string): string {
  return `arn:aws:${service}:${region}:${account}:${resource}`;
}
