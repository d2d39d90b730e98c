import type { AwsEvent, CloudService, EventBus, ExecutionStarter, Foundation } from '../contract.ts';
import { delays } from '../delays.ts';
import type { FunctionQueue } from '../lambda/contract.ts';
import { uuid } from '../uuid.ts';
import { deliver } from './delivery.ts';
import { eventOperations } from './operations.ts';
import { eventSeconds, readRule, scheduledEvent, type Rule, type Target } from './rule.ts';

interface EventBridgeNeeds {
  readonly starter: ExecutionStarter;
  readonly functions: FunctionQueue;
  readonly publish: (topicArn: string, subject: string | undefined, message: string) => void;
}

export interface EventBridge {
  readonly service: CloudService;
  /** The default bus of a region. */
  bus(region: string): EventBus;
  /** Delivery is at least once: while `duplicate` is true, every target gets every event twice. */
  readonly faults: { duplicate: boolean };
}

/** One default bus per region, its rules, and their targets. Every hop takes `delays.eventDelivery`. */
export function eventBridge(foundation: Foundation, needs: EventBridgeNeeds): EventBridge {
  const { clock, account, authorizer } = foundation;
  const rules = new Map<string, Rule>();
  const faults = { duplicate: false };

  function accept(region: string, event: AwsEvent): void {
    for (const rule of rules.values()) {
      if (rule.region === region && rule.enabled && rule.matches(event)) send(rule, event);
    }
  }

  function send(rule: Rule, event: AwsEvent): void {
    const received = clock.now();
    for (const target of rule.targets) {
      for (let copy = 0; copy < (faults.duplicate ? 2 : 1); copy++) {
        clock.at(received + delays.eventDelivery, () =>
          deliver(foundation, {
            actor: 'EventBridge',
            what: `${event['detail-type']} of rule ${rule.name} for ${target.kind} ${target.arn}`,
            retry: target.retry,
            attempt: () => hand(rule, target, event, received),
          }),
        );
      }
    }
  }

  function hand(rule: Rule, target: Target, event: AwsEvent, received: number): void {
    const { arn, kind, roleArn, input } = target;
    const authorize = (action: string) => {
      if (roleArn !== undefined) authorizer.authorize(authorizer.role(roleArn), { action, resource: arn });
    };
    switch (kind) {
      case 'event bus':
        authorize('events:PutEvents');
        accept(arn.split(':')[3] ?? '', event);
        break;
      case 'state machine':
        authorize('states:StartExecution');
        needs.starter.start({ stateMachineArn: arn, input: input(event, received) });
        break;
      case 'function':
        needs.functions.enqueue(arn, JSON.parse(input(event, received)), {
          principal: 'events.amazonaws.com',
          sourceArn: rule.arn,
        });
        break;
      case 'topic':
        needs.publish(arn, undefined, input(event, received));
        break;
    }
  }

  function schedule(rule: Rule): void {
    const created = clock.now();
    const plan = (after: number) => {
      const next = rule.schedule?.(after, created);
      if (next === undefined) return;
      clock.at(next, () => {
        plan(next);
        send(rule, scheduledEvent(rule, foundation, uuid(foundation), next));
      });
    };
    if (rule.enabled) plan(created);
  }

  function put(region: string, event: Parameters<EventBus['put']>[0]): string {
    const id = uuid(foundation);
    accept(region, { version: '0', ...event, id, account, time: event.time ?? eventSeconds(clock.now()) });
    return id;
  }

  return {
    faults,
    bus: (region) => ({ put: (event) => void put(region, event) }),
    service: {
      signingName: 'events',
      operations: eventOperations({ rules: () => [...rules.values()], put }),
      resources: {
        'AWS::Events::Rule': (resource) => {
          const rule = readRule(resource);
          if (rules.has(rule.arn)) throw new Error(`there are two rules ${rule.arn}`);
          rules.set(rule.arn, rule);
          schedule(rule);
          return { ref: rule.name, attributes: { Arn: rule.arn } };
        },
        // Within one account the role of the sending rule decides; a policy on the bus adds to it.
        'AWS::Events::EventBusPolicy': ({ stack, logicalId }) => ({ ref: `${stack}-${logicalId}` }),
      },
    },
  };
}
