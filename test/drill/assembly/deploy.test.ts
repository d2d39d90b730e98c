import { describe, expect, test } from 'vitest';
import { deploy } from '../../../drill/assembly/deploy.ts';
import type { AssembledStack, Template } from '../../../drill/assembly/read.ts';
import type { CloudService, DeployedResource } from '../../../drill/cloud/contract.ts';

const stack = (template: Template): AssembledStack => ({
  name: 'recovery',
  account: '111111111111',
  region: 'eu-central-1',
  template,
  assets: {},
});

function service(): CloudService & { readonly created: DeployedResource[] } {
  const created: DeployedResource[] = [];
  return {
    signingName: 'things',
    operations: {},
    created,
    resources: {
      'Test::Thing': (resource) => {
        created.push(resource);
        return { ref: `ref-${resource.logicalId}`, attributes: { Arn: `arn-${resource.logicalId}` } };
      },
    },
  };
}

function propertiesOf(value: unknown, template: Omit<Template, 'Resources'> = {}): unknown {
  const things = service();
  deploy(
    [
      stack({
        ...template,
        Resources: {
          Subject: { Type: 'Test::Thing', Properties: { value } },
          Other: { Type: 'Test::Thing' },
        },
      }),
    ],
    [things],
  );
  return things.created.find(({ logicalId }) => logicalId === 'Subject')?.properties['value'];
}

describe('an intrinsic function is replaced by what CloudFormation puts there', () => {
  test.each([
    ['Ref of a resource', { Ref: 'Other' }, 'ref-Other'],
    ['Ref of a pseudo parameter', { Ref: 'AWS::Region' }, 'eu-central-1'],
    ['GetAtt', { 'Fn::GetAtt': ['Other', 'Arn'] }, 'arn-Other'],
    ['Join', { 'Fn::Join': ['', ['a:', { Ref: 'AWS::Partition' }, ':b']] }, 'a:aws:b'],
    ['Sub', { 'Fn::Sub': '${AWS::AccountId}-${Other.Arn}-${!Literal}' }, '111111111111-arn-Other-${Literal}'],
    ['Sub with variables', { 'Fn::Sub': ['${x}', { x: { Ref: 'Other' } }] }, 'ref-Other'],
    ['Select of Split', { 'Fn::Select': [1, { 'Fn::Split': ['/', 'a/b/c'] }] }, 'b'],
    ['If', { 'Fn::If': ['Yes', 'taken', 'left'] }, 'taken'],
    ['NoValue in a list', ['a', { Ref: 'AWS::NoValue' }], ['a']],
    ['FindInMap', { 'Fn::FindInMap': ['Map', { Ref: 'AWS::Region' }, 'key'] }, 'found'],
  ])('%s', (_, value, expected) => {
    const Conditions = {
      Yes: { 'Fn::Or': [{ 'Fn::Equals': [{ Ref: 'AWS::Region' }, 'eu-central-1'] }] },
    };
    const Mappings = { Map: { 'eu-central-1': { key: 'found' } } };
    expect(propertiesOf(value, { Conditions, Mappings })).toEqual(expected);
  });
});

describe('a local deployment', () => {
  test('creates what a resource refers to before the resource', () => {
    const things = service();
    const Resources = {
      First: { Type: 'Test::Thing', DependsOn: ['Third'], Properties: { a: { Ref: 'Second' } } },
      Second: { Type: 'Test::Thing' },
      Third: { Type: 'Test::Thing' },
    };
    deploy([stack({ Resources })], [things]);
    expect(things.created.map(({ logicalId }) => logicalId)).toEqual(['Third', 'Second', 'First']);
  });

  test('leaves out a resource whose condition does not hold', () => {
    const things = service();
    const Conditions = { Never: { 'Fn::Equals': ['a', 'b'] } };
    deploy([stack({ Conditions, Resources: { A: { Type: 'Test::Thing', Condition: 'Never' } } })], [things]);
    expect(things.created).toEqual([]);
  });

  test('refuses a type that nobody knows, by name', () => {
    const Resources = { Q: { Type: 'AWS::Unheard::Of' } };
    expect(() => deploy([stack({ Resources })], [])).toThrow(/recovery: Q is an AWS::Unheard::Of/);
  });

  test('refuses an import from another stack', () => {
    expect(() => propertiesOf({ 'Fn::ImportValue': 'x' })).toThrow(/Fn::ImportValue is not known/);
  });

  test('refuses an attribute that the resource does not have', () => {
    expect(() => propertiesOf({ 'Fn::GetAtt': ['Other', 'Nope'] })).toThrow(/Other .* no attribute Nope/);
  });

  test('refuses a circle of references and shows it', () => {
    const Resources = {
      A: { Type: 'Test::Thing', Properties: { b: { Ref: 'B' } } },
      B: { Type: 'Test::Thing', Properties: { a: { Ref: 'A' } } },
    };
    expect(() => deploy([stack({ Resources })], [service()])).toThrow(/A → B → A/);
  });
});
