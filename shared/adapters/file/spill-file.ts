import { crc32 } from 'node:zlib'
import type { SpillMessage } from '../../domain/spill/message.ts'

/** The ending of a file's name once it is whole. */
export const SPILL_ENDING = '.spill'

const HEAD = /^omninode-spill ([0-9a-f]{1,8}) (\d+)\n/
const LINE = /^(\S+) (\S+) (.+)$/

/** A file's content: its checksum and length, then a line per message: group, digest, text. */
export function toSpillFile(messages: readonly SpillMessage[]): Buffer {
  const body = Buffer.from(
    messages.map(({ group, digest, text }) => `${group} ${digest} ${text}\n`).join(''),
  )
  return Buffer.concat([Buffer.from(`omninode-spill ${checksum(body)} ${body.length}\n`), body])
}

/** Reads a file back; undefined when it is not what was written. */
export function fromSpillFile(file: Buffer): readonly SpillMessage[] | undefined {
  const [head, sum, length] = HEAD.exec(file.subarray(0, 64).toString('latin1')) ?? []
  if (head === undefined) return undefined
  const body = file.subarray(head.length)
  if (body.length !== Number(length) || checksum(body) !== sum) return undefined
  return body
    .toString()
    .split('\n')
    .flatMap((line) => {
      const [, group = '', digest = '', text = ''] = LINE.exec(line) ?? []
      return text === '' ? [] : [{ group, digest, text }]
    })
}

function checksum(body: Buffer): string {
  return crc32(body).toString(16)
}
