import type { Call, CallMessage } from '../../domain/calls/call.ts'
import type { CaptureRules } from '../../domain/calls/capture-rules.ts'

/** A call with what is to be kept of it. */
export type Taken = Readonly<{ call: Call; rules: CaptureRules }>

/**
 * Calls on their way to another thread: all but bodies as JSON, bodies one behind the other. Ten
 * times cheaper for the sender than a structured clone of the calls (3 us each instead of 33).
 */
export type CallBatch = Readonly<{ text: string; bodies: Uint8Array<ArrayBuffer> }>

type Packed = Omit<CallMessage, 'kept'> & Readonly<{ kept: number }>
type PackedCall = Omit<Call, 'request' | 'response'> &
  Readonly<{ request: Packed; response?: Packed }>

export function packCalls(taken: readonly Taken[]): CallBatch {
  const bodies: Uint8Array[] = []
  const pack = (message: CallMessage): Packed => {
    bodies.push(message.kept)
    return { ...message, kept: message.kept.byteLength }
  }
  const packed = taken.map(({ call, rules }) => {
    const { request, response, ...rest } = call
    const answer = response && { response: pack(response) }
    return [{ ...rest, ...answer, request: pack(request) }, rules]
  })
  const bytes = new Uint8Array(bodies.reduce((sum, { byteLength }) => sum + byteLength, 0))
  let at = 0
  for (const body of bodies) {
    bytes.set(body, at)
    at += body.byteLength
  }
  return { text: JSON.stringify(packed), bodies: bytes }
}

export function unpackCalls({ text, bodies }: CallBatch): readonly Taken[] {
  let at = 0
  const unpack = ({ kept, ...message }: Packed): CallMessage => {
    at += kept
    return { ...message, kept: bodies.subarray(at - kept, at) }
  }
  return (JSON.parse(text) as [PackedCall, CaptureRules][]).map(([packed, rules]) => {
    const { request, response, ...rest } = packed
    const answer = response && { response: unpack(response) }
    return { call: { ...rest, ...answer, request: unpack(request) }, rules }
  })
}
