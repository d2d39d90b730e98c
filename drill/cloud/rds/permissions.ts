import type { Tag } from '@aws-sdk/client-rds';
import type { CallContext, Permission } from '../contract.ts';
import type { Fleet } from './fleet.ts';
import { tagsFrom } from './shapes.ts';

/** What IAM is asked of a call to RDS: one thing for each resource that the action names (service authorization reference). */
export function permissionsOf(fleet: Fleet) {
  const { arns } = fleet;

  /** Tags that the resource has, by the condition keys of IAM. */
  function tagged(arn: string): Record<string, string> {
    const found =
      fleet.instanceOfArn(arn) ?? [...fleet.clusters].find((cluster) => fleet.clusterArn(cluster) === arn);
    return Object.fromEntries(
      Object.entries(found?.tags ?? {}).map(([key, value]) => [`aws:ResourceTag/${key}`, value]),
    );
  }

  function requested(tags: readonly Tag[] | undefined): Record<string, string | readonly string[]> {
    if (!tags) return {};
    const given = tagsFrom(tags);
    return {
      ...Object.fromEntries(Object.entries(given).map(([key, value]) => [`aws:RequestTag/${key}`, value])),
      'aws:TagKeys': Object.keys(given),
    };
  }

  const on = (action: string, resource: string, tags?: readonly Tag[]): Permission => ({
    action: `rds:${action}`,
    resource,
    context: { ...tagged(resource), ...requested(tags) },
  });

  return {
    on,
    instance: (action: string, identifier: string | undefined, { region }: CallContext, tags?: Tag[]) =>
      on(
        action,
        identifier?.startsWith('arn:') === true
          ? identifier
          : arns.instance(region, identifier?.toLowerCase() ?? '*'),
        tags,
      ),
    cluster: (action: string, identifier: string | undefined, { region }: CallContext, tags?: Tag[]) =>
      on(
        action,
        identifier?.startsWith('arn:') === true
          ? identifier
          : arns.cluster(region, identifier?.toLowerCase() ?? '*'),
        tags,
      ),
    /** Who creates something with tags must be allowed to tag it. */
    tagging: (resource: string, tags: Tag[] | undefined): Permission[] =>
      tags && tags.length > 0 ? [on('AddTagsToResource', resource, tags)] : [],
    passing: (roleArn: string | undefined): Permission[] =>
      roleArn === undefined || roleArn === ''
        ? []
        : [
            {
              action: 'iam:PassRole',
              resource: roleArn,
              context: { 'iam:PassedToService': 'monitoring.rds.amazonaws.com' },
            },
          ],
  };
}

export type Permissions = ReturnType<typeof permissionsOf>;
