import type {
  AddTagsToResourceMessage,
  ListTagsForResourceMessage,
  TagListMessage,
} from '@aws-sdk/client-rds';
import { AwsError, operation, type CloudService } from '../contract.ts';
import type { Fleet } from './fleet.ts';
import { regionIn } from './names.ts';
import type { Permissions } from './permissions.ts';
import type { Cluster, Instance } from './records.ts';
import { tagList, tagsFrom } from './shapes.ts';

export function tagOperations(fleet: Fleet, ask: Permissions): CloudService['operations'] {
  function tagged(arn: string | undefined, region: string): Instance | Cluster {
    const name = arn ?? '';
    if (regionIn(name) !== region) {
      throw new AwsError(
        'InvalidParameterValue',
        `The specified resource name does not match an RDS resource in this region.`,
      );
    }
    const [, , , , , type] = name.split(':');
    if (type === 'db') return fleet.instance(region, name);
    if (type === 'cluster') return fleet.cluster(region, name);
    throw new AwsError('InvalidParameterValue', `Unexpected ARN type: ${type ?? ''}`);
  }

  return {
    ListTagsForResource: operation<ListTagsForResourceMessage, TagListMessage>({
      permissions: ({ ResourceName = '*' }) => [ask.on('ListTagsForResource', ResourceName)],
      run: ({ ResourceName }, { region }) => ({ TagList: tagList(tagged(ResourceName, region).tags) }),
    }),
    AddTagsToResource: operation<AddTagsToResourceMessage, undefined>({
      permissions: ({ ResourceName = '*', Tags }) => [ask.on('AddTagsToResource', ResourceName, Tags)],
      run({ ResourceName, Tags }, { region }) {
        const resource = tagged(ResourceName, region);
        resource.tags = { ...resource.tags, ...tagsFrom(Tags) };
        return undefined;
      },
    }),
  };
}
