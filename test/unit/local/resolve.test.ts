import { describe, expect, it } from 'vitest'
import { resolve, type Scope, type Template } from '#local/template/resolve.ts'

const template: Template = {
  Parameters: { Url: { Default: 'default' }, Given: {}, Missing: {} },
  Conditions: {
    Yes: { 'Fn::Equals': [{ Ref: 'Given' }, 'given'] },
    No: { 'Fn::Not': [{ Condition: 'Yes' }] },
    Both: { 'Fn::And': [{ Condition: 'Yes' }, { Condition: 'No' }] },
    Either: { 'Fn::Or': [{ Condition: 'Yes' }, { Condition: 'No' }] },
  },
  Resources: {},
}
const scope: Scope = {
  stack: 'stack',
  template,
  parameters: { Given: 'given' },
  lookUp: (logicalId, attribute) => (attribute ? `${logicalId}!${attribute}` : `ref-${logicalId}`),
  imported: (name) => `imported-${name}`,
}

describe('resolving a template value', () => {
  it.each([
    { when: 'a parameter has a value', value: { Ref: 'Given' }, means: 'given' },
    { when: 'a parameter has a default', value: { Ref: 'Url' }, means: 'default' },
    { when: 'a resource is meant', value: { Ref: 'Thing' }, means: 'ref-Thing' },
    { when: 'a pseudo parameter is meant', value: { Ref: 'AWS::Region' }, means: 'local' },
    { when: 'an attribute is a list', value: { 'Fn::GetAtt': ['A', 'Arn'] }, means: 'A!Arn' },
    { when: 'an attribute is dotted', value: { 'Fn::GetAtt': 'A.B.C' }, means: 'A!B.C' },
    {
      when: 'text is joined',
      value: { 'Fn::Join': ['-', ['a', { Ref: 'Url' }]] },
      means: 'a-default',
    },
    { when: 'text is split', value: { 'Fn::Split': [':', 'a:b'] }, means: ['a', 'b'] },
    {
      when: 'one of a split is selected',
      value: { 'Fn::Select': [1, { 'Fn::Split': [':', 'a:b'] }] },
      means: 'b',
    },
    {
      when: 'text has variables',
      value: { 'Fn::Sub': `\${Given}-\${A.Arn}-\${AWS::Partition}-\${!kept}` },
      means: `given-A!Arn-aws-\${kept}`,
    },
    {
      when: 'text has variables of its own',
      value: { 'Fn::Sub': [`\${own}/\${Given}`, { own: { Ref: 'Url' } }] },
      means: 'default/given',
    },
    { when: 'another stack exports it', value: { 'Fn::ImportValue': 'x' }, means: 'imported-x' },
    { when: 'a condition holds', value: { 'Fn::If': ['Yes', 1, 2] }, means: 1 },
    { when: 'a condition does not hold', value: { 'Fn::If': ['No', 1, 2] }, means: 2 },
    { when: 'two conditions must hold', value: { 'Fn::If': ['Both', 1, 2] }, means: 2 },
    { when: 'one of two conditions must hold', value: { 'Fn::If': ['Either', 1, 2] }, means: 1 },
    {
      when: 'a property has no value',
      value: { a: 1, b: { Ref: 'AWS::NoValue' }, c: [{ Ref: 'AWS::NoValue' }, 2] },
      means: { a: 1, c: [2] },
    },
  ])('gives what is meant when $when', ({ value, means }) => {
    expect(resolve(value, scope)).toEqual(means)
  })

  it('names a parameter that has no value', () => {
    expect(() => resolve({ Ref: 'Missing' }, scope)).toThrow(/stack .* Missing/)
  })

  it('names a function it does not know', () => {
    expect(() => resolve({ 'Fn::Cidr': [] }, scope)).toThrow(/Fn::Cidr/)
  })
})
