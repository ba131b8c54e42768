import type { Dialect } from '../access.ts'
import { claudeCode } from './claude-code.ts'
import { cloudEvents } from './cloudevents.ts'
import { codex } from './codex.ts'
import { cursor } from './cursor.ts'
import type { DialectRules } from './dialect.ts'
import { generic } from './generic.ts'
import { github } from './github.ts'
import { native } from './native.ts'
import { slack } from './slack.ts'
import { standardWebhooks } from './standard-webhooks.ts'
import { stripe } from './stripe.ts'

/** How each dialect is read, verified and answered. */
export const dialectRules: Readonly<Record<Dialect, DialectRules>> = {
  native,
  cloudevents: cloudEvents,
  'standard-webhooks': standardWebhooks,
  github,
  stripe,
  slack,
  'claude-code': claudeCode,
  cursor,
  codex,
  generic,
}

/**
 * Sources that need no settings: coding agents, which can't sign and bring a writer's key. Whoever
 * can sign is set up with a secret first.
 */
export const builtInSources: readonly Dialect[] = ['claude-code', 'cursor', 'codex']
