import { S3Client, GetObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ChannelFailure } from '../../../lambdas/communication/channel-failure.ts';
import type { Delivered, Delivery, Send } from '../../../lambdas/communication/contract.ts';
import { tellDue, type Teller } from '../../../lambdas/communication/tell.ts';
import type { ChannelName, IncidentRecord } from '../../../lambdas/incident/contract.ts';
import { openLedger } from '../../../lambdas/incident/ledger.ts';
import { awsError, deploy, incident, memoryLedger, type MemoryLedger } from '../memory-ledger.ts';
import { minute, routing, start } from './routing.ts';

let memory: MemoryLedger;
let got: string[];
const key = `incidents/${incident.id}.json`;
const iso = (at: number) => new Date(at).toISOString();

beforeEach(() => {
  vi.useFakeTimers({ now: start + 1_000, shouldAdvanceTime: true, advanceTimeDelta: 20, toFake: ['Date'] });
  deploy({});
  memory = memoryLedger();
  got = [];
});
afterEach(() => {
  vi.useRealTimers();
});

type Faults = Readonly<Partial<Record<ChannelName, (delivery: Delivery, attempt: number) => void>>>;

function tellerWith(
  faults: Faults = {},
  before: (delivery: Delivery) => Promise<unknown> = () => Promise.resolve(),
): Teller {
  const attempts = new Map<string, number>();
  const send: Send = async (delivery): Promise<Delivered> => {
    const { channel, audience, key: name } = delivery.message;
    const id = `${name} ${audience} ${channel}`;
    attempts.set(id, (attempts.get(id) ?? 0) + 1);
    await before(delivery);
    faults[channel]?.(delivery, attempts.get(id) ?? 0);
    got.push(id);
    return channel === 'slack' ? { ref: delivery.ref ?? '1763899385.000100' } : {};
  };
  const channels = ['email', 'sms', 'slack', 'pagerduty', 'ticket', 'statuspage', 'page'] as const;
  return {
    ledger: openLedger('ledger'),
    routing,
    senders: Object.fromEntries(channels.map((channel) => [channel, send])),
    compose: ({ kind, channel, audience, key: name }) =>
      Promise.resolve({
        kind,
        channel,
        audience,
        key: name,
        content: {
          subject: `${kind}!`,
          short: '',
          facts: [],
          sections: [],
          links: [],
          tone: 'trouble' as const,
        },
      }),
  };
}

const tell = (teller: Teller, kind: 'opened' | 'update' | 'recovered' = 'opened') =>
  tellDue(teller, incident, { kind });
const change = (members: Partial<IncidentRecord>) => memory.write(key, { ...memory.record(), ...members });

describe('what is due', () => {
  it('is told, kept with the thread it began, and not told again', async () => {
    const { notices, nextAt } = await tell(tellerWith());
    expect(notices.every(({ delivered }) => delivered)).toBe(true);
    expect(got.toSorted()).toEqual([
      'opened management email',
      'opened oncall email',
      'opened oncall pagerduty',
      'opened oncall slack',
      'opened oncall sms',
      'opened oncall ticket',
    ]);
    expect(memory.record()).toMatchObject({ channelRefs: { slack: '1763899385.000100' } });
    expect(memory.record().claims).toBeUndefined();
    expect(nextAt).toBe(start + minute);
    await tell(tellerWith());
    expect(got).toHaveLength(6);
  });

  it('is told once by two functions at once', async () => {
    const slow = () => new Promise((resolve) => setTimeout(resolve, 30));
    await Promise.all([tell(tellerWith({}, slow)), tell(tellerWith({}, slow)), tell(tellerWith({}, slow))]);
    expect(new Set(got).size).toBe(got.length);
    expect(got).toHaveLength(6);
  });

  it('waits for who is speaking to a reader, so that how it ended comes last', async () => {
    vi.setSystemTime(start + 15 * minute + 1_000);
    let closed: Promise<unknown> | undefined;
    const closing = async ({ message }: Delivery) => {
      if (message.kind === 'recovered' || closed) return;
      change({ state: 'closed', outcome: 'recovered', closedAt: iso(Date.now()), confirmedAt: iso(start) });
      closed = tell(tellerWith(), 'recovered');
      await new Promise((resolve) => setTimeout(resolve, 200));
    };
    await tell(tellerWith({}, closing), 'update');
    await closed;
    for (const reader of ['oncall email', 'oncall slack', 'management email']) {
      const own = got.filter((each) => each.endsWith(reader)).map((each) => each.split(' ')[0]);
      expect(own.at(-1)).toBe('recovered');
      expect(own.filter((kind) => kind === 'recovered')).toHaveLength(1);
    }
  });

  it('is told again when a function died while it told: nobody knows what was sent', async () => {
    const claim = { key: 'opened', channel: 'sms' as const, audience: 'oncall' as const, by: 'dead' };
    memory.write(key, { ...memory.record(), claims: [{ ...claim, until: iso(Date.now() + 500) }] });
    await tell(tellerWith());
    expect(got).toContain('opened oncall sms');
    expect(memory.record().claims).toBeUndefined();
  });

  it('is not an update any more when the incident was closed before it was claimed', async () => {
    vi.setSystemTime(start + 15 * minute + 1_000);
    change({ state: 'closed', outcome: 'recovered', closedAt: iso(start + 14 * minute) });
    await tell(tellerWith(), 'update');
    expect(got.filter((each) => !each.startsWith('recovered'))).toEqual([]);
  });
});

describe('a channel', () => {
  it('that fails for a moment is tried again, as soon as it allows', async () => {
    const flaky = (_: Delivery, attempt: number) => {
      if (attempt < 3) throw new ChannelFailure('HTTP 429', { again: true, retryAfterSeconds: 0.05 });
    };
    const { notices } = await tell(tellerWith({ slack: flaky }));
    expect(notices.find(({ channel }) => channel === 'slack')).toMatchObject({
      delivered: true,
      attempts: 3,
    });
  });

  it('that asks for more patience than there is is left, and told by the others in the same call', async () => {
    const limited = () => {
      throw new ChannelFailure('HTTP 429', { again: true, retryAfterSeconds: 300 });
    };
    const { notices, nextAt } = await tell(tellerWith({ slack: limited }));
    expect(notices.filter(({ channel }) => channel === 'slack')).toMatchObject([
      { delivered: false, failure: 'ChannelFailure: HTTP 429' },
    ]);
    expect(notices.filter(({ kind, delivered }) => kind === 'undelivered' && delivered)).toHaveLength(3);
    expect(nextAt).toBeLessThanOrEqual(start + 62_000);
  });

  it('whose token is revoked is asked once', async () => {
    let asked = 0;
    const revoked = () => {
      asked += 1;
      throw new ChannelFailure('Slack refused: token_revoked', { again: false });
    };
    await tell(tellerWith({ slack: revoked }));
    expect(asked).toBe(1);
  });

  it('that does not take a word gets no later one before it', async () => {
    vi.setSystemTime(start + 31 * minute);
    const down = () => {
      throw new ChannelFailure('down', { again: false });
    };
    await tell(tellerWith({ email: down }), 'update');
    const management = memory
      .record()
      .notices.filter(({ audience, channel }) => audience === 'management' && channel === 'email');
    expect(management.map(({ kind }) => kind)).toEqual(['opened']);
  });
});

describe('a ledger', () => {
  const s3 = S3Client.prototype as unknown as { send: ReturnType<typeof vi.fn> };

  it('that does not answer keeps nobody uninformed who needs no record', async () => {
    const send = vi.spyOn(s3, 'send').mockRejectedValue(awsError('AccessDenied', 'no', 403));
    const { record, nextAt } = await tell(tellerWith(), 'update');
    send.mockRestore();
    expect(record).toBeNull();
    expect(got).toContain('update 0 customers-standard email');
    expect(nextAt).toBe(start + 15 * minute);
  });

  it('that can be read and not written is no reason for silence', async () => {
    const real = (S3Client.prototype.send as (command: unknown) => unknown).bind(s3);
    const send = vi.spyOn(s3, 'send').mockImplementation((command: unknown): unknown => {
      if (command instanceof PutObjectCommand) return Promise.reject(awsError('AccessDenied', 'no', 403));
      expect(command).toBeInstanceOf(GetObjectCommand);
      return real(command);
    });
    const { record, nextAt } = await tell(tellerWith());
    send.mockRestore();
    expect(got).toHaveLength(6);
    expect(record).toBeNull();
    // Not at the next look: it would be told again, because it is not on record.
    expect(nextAt).toBe(start + 15 * minute);
  });
});
