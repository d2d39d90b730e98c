import type {
  ChangeInfo,
  ChangeResourceRecordSetsRequest,
  ChangeResourceRecordSetsResponse,
  GetChangeRequest,
  GetChangeResponse,
  ListResourceRecordSetsRequest,
  ListResourceRecordSetsResponse,
  RRType,
  TestDNSAnswerRequest,
  TestDNSAnswerResponse,
} from '@aws-sdk/client-route-53';
import { operation, type CloudService } from '../contract.ts';
import type { ZoneView } from './contract.ts';
import { absolute, listed, listingKey, normalizedForIam } from './names.ts';
import { pageSize } from './paging.ts';
import { invalidInput, readChange } from './read-change.ts';
import { compareListing, inListingOrder, listingPlace, shapeOf } from './record-set.ts';
import { onZone, plainChangeId, type ZoneChange, type Zones } from './zones.ts';

/** Operations on records and their changes. Signed for us-east-1: Route 53 has no other region. */
export function recordOperations(zones: Zones, view: ZoneView): CloudService['operations'] {
  return {
    ChangeResourceRecordSets: operation<ChangeResourceRecordSetsRequest, ChangeResourceRecordSetsResponse>({
      permissions: ({ HostedZoneId, ChangeBatch }) => {
        const changes = ChangeBatch?.Changes ?? [];
        const distinct = (values: readonly (string | undefined)[]) => [
          ...new Set(values.filter((value) => value !== undefined)),
        ];
        const sets = changes.map(({ ResourceRecordSet }) => ResourceRecordSet);
        return [
          {
            ...onZone('ChangeResourceRecordSets', HostedZoneId),
            context: {
              'route53:ChangeResourceRecordSetsNormalizedRecordNames': distinct(
                sets.map((set) => normalizedForIam(set?.Name ?? '')),
              ),
              'route53:ChangeResourceRecordSetsRecordTypes': distinct(sets.map((set) => set?.Type)),
              'route53:ChangeResourceRecordSetsActions': distinct(changes.map(({ Action }) => Action)),
            },
          },
        ];
      },
      run({ HostedZoneId, ChangeBatch }) {
        const zone = zones.find(HostedZoneId);
        const { Changes: changes = [], Comment: comment } = ChangeBatch ?? {};
        if (changes.length === 0)
          throw invalidInput('Invalid request: ChangeBatch must contain at least one Change');
        if ((comment?.length ?? 0) > 256)
          throw invalidInput('Invalid request: Comment is longer than 256 characters');
        return { ChangeInfo: infoOf(zones.change(zone, changes.map(readChange), comment)) };
      },
    }),
    GetChange: operation<GetChangeRequest, GetChangeResponse>({
      permissions: ({ Id }) => [
        { action: 'route53:GetChange', resource: `arn:aws:route53:::change/${plainChangeId(Id)}` },
      ],
      run: ({ Id }) => ({ ChangeInfo: infoOf(zones.findChange(Id)) }),
    }),
    ListResourceRecordSets: operation<ListResourceRecordSetsRequest, ListResourceRecordSetsResponse>({
      permissions: ({ HostedZoneId }) => [onZone('ListResourceRecordSets', HostedZoneId)],
      run(input) {
        const { StartRecordName: name, StartRecordType: type, StartRecordIdentifier: identifier } = input;
        const zone = zones.find(input.HostedZoneId);
        if (type !== undefined && name === undefined)
          throw invalidInput('The input is not valid: StartRecordType needs StartRecordName');
        if (identifier !== undefined && type === undefined)
          throw invalidInput('The input is not valid: StartRecordIdentifier needs StartRecordType');
        const from =
          name === undefined
            ? undefined
            : ([listingKey(absolute(name)), type ?? '', identifier ?? ''] as const);
        const sets = inListingOrder(zone.sets.values()).filter(
          (set) => from === undefined || compareListing(listingPlace(set), from) >= 0,
        );
        const size = pageSize(input.MaxItems, 300);
        const next = sets[size];
        return {
          ResourceRecordSets: sets.slice(0, size).map(shapeOf),
          IsTruncated: next !== undefined,
          MaxItems: size,
          ...(next && {
            NextRecordName: listed(next.name),
            NextRecordType: next.type,
            ...(next.setIdentifier !== undefined && { NextRecordIdentifier: next.setIdentifier }),
          }),
        };
      },
    }),
    TestDNSAnswer: operation<TestDNSAnswerRequest, TestDNSAnswerResponse>({
      permissions: () => [{ action: 'route53:TestDNSAnswer', resource: '*' }],
      run({ HostedZoneId, RecordName = '', RecordType = 'A' }) {
        const zone = zones.find(HostedZoneId);
        const { code, answers } = view.answer({ name: RecordName, type: RecordType });
        return {
          Nameserver: (zone.nameServers[0] ?? '').replace(/\.$/, ''),
          RecordName,
          RecordType: RecordType satisfies RRType,
          RecordData: answers.filter(({ type }) => type === RecordType).map(({ value }) => value),
          ResponseCode: code,
          Protocol: 'UDP',
        };
      },
    }),
  };
}

function infoOf({ id, submittedAt, comment, inSync }: ZoneChange): ChangeInfo {
  return {
    Id: `/change/${id}`,
    Status: inSync ? 'INSYNC' : 'PENDING',
    SubmittedAt: new Date(submittedAt),
    ...(comment !== undefined && { Comment: comment }),
  };
}
