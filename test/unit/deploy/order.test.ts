import { describe, expect, it } from 'vitest'
import { deployArguments, parameterArguments } from '#commands/deploy/cdk-arguments.ts'
import { type DeployedStack, inOrder } from '#commands/deploy/order.ts'

const stack = (id: string, rest: Partial<DeployedStack> = {}): DeployedStack => ({
  ...{ id, stackName: `omninode-test-${id}` },
  ...{ dependencies: [], parameters: [], functions: [] },
  ...rest,
})

describe('the order of a deployment', () => {
  it('puts what provisioner stands on before it, however deep, and everything else after', () => {
    const stacks = [
      stack('front-door', { dependencies: ['intake'] }),
      stack('intake', { dependencies: ['data', 'network'] }),
      stack('data', { dependencies: ['database'], functions: ['housekeeping', 'provisioner'] }),
      stack('database', { dependencies: ['network'] }),
      stack('network'),
    ]
    const { ground, rest } = inOrder(stacks)
    expect(ground.map(({ id }) => id)).toEqual(['data', 'database', 'network'])
    expect(rest.map(({ id }) => id)).toEqual(['front-door', 'intake'])
  })

  it('is refused where nothing would prepare database and topics', () => {
    expect(() => inOrder([stack('intake')])).toThrow('no stack has the function provisioner')
  })
})

describe('parameters', () => {
  const takes = (name: string, optional = false) => ({ name, optional })

  it('go to each stack that takes them, and to no other', () => {
    const stacks = [
      stack('data', { parameters: [takes('DatabaseUrl'), takes('BootstrapVersion', true)] }),
      stack('intake', { parameters: [takes('DatabaseUrl')] }),
      stack('front-door'),
    ]
    expect(parameterArguments(stacks, { DatabaseUrl: 'postgres://db', Unused: 'x' })).toEqual([
      ...['--parameters', 'omninode-test-data:DatabaseUrl=postgres://db'],
      ...['--parameters', 'omninode-test-intake:DatabaseUrl=postgres://db'],
    ])
  })

  it('that have no value and no default are named, all at once', () => {
    const stacks = [
      stack('data', { parameters: [takes('DatabaseUrl'), takes('EventLogUrl')] }),
      stack('intake', { parameters: [takes('EventLogUrl')] }),
    ]
    expect(() => parameterArguments(stacks, {})).toThrow('no value for DatabaseUrl, EventLogUrl')
  })
})

describe('cdk deploy', () => {
  it('asks before rights in AWS are widened, unless told not to', () => {
    const asking = deployArguments({ kind: 'aws' }, { yes: false })
    expect(asking.join(' ')).toContain('--require-approval broadening')
    // With several stacks at once it could not ask.
    expect(asking).not.toContain('--concurrency')
    expect(deployArguments({ kind: 'aws' }, { yes: true }).join(' ')).toContain(
      '--require-approval never',
    )
  })
})
