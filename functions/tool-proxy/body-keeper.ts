import type { UpstreamAnswer, UpstreamFault } from '#shared/ports/upstream.ts'

/** Collects a body while it goes by. */
export interface BodyKeeper {
  add(piece: Buffer): void
  /** It is whole. */
  end(): void
  /** It will never be. */
  drop(): void
}

/**
 * Keeps a body up to a size.
 *
 * @param done gets the whole, or undefined for one that was larger or broke off.
 */
export function bodyKeeper(maxBytes: number, done: (body: Buffer | undefined) => void): BodyKeeper {
  let pieces: Buffer[] = []
  let bytes = 0
  return {
    add(piece) {
      bytes += piece.byteLength
      if (bytes > maxBytes) pieces = []
      else pieces.push(piece)
    },
    end: () => done(bytes > maxBytes ? undefined : Buffer.concat(pieces, bytes)),
    drop: () => done(undefined),
  }
}

/** One keeper of several. */
export function keepers(all: readonly BodyKeeper[]): BodyKeeper | undefined {
  if (all.length < 2) return all[0]
  return {
    add: (piece) => all.forEach((each) => void each.add(piece)),
    end: () => all.forEach((each) => void each.end()),
    drop: () => all.forEach((each) => void each.drop()),
  }
}

export type WholeBody =
  | Readonly<{ type: 'whole'; body: Buffer }>
  | Readonly<{ type: 'too-large' }>
  | Readonly<{ type: 'fault'; fault: UpstreamFault }>

/** Reads an answer's body to its end. */
export function wholeBody(
  answer: UpstreamAnswer,
  maxBytes: number,
  tooLarge: () => void,
): Promise<WholeBody> {
  return new Promise((done) => {
    let pieces: Buffer[] = []
    let bytes = 0
    answer.take({
      data(piece) {
        bytes += piece.byteLength
        if (bytes <= maxBytes) pieces.push(piece)
        else if (pieces.length > 0) {
          pieces = []
          done({ type: 'too-large' })
          tooLarge()
        }
      },
      end: () => done({ type: 'whole', body: Buffer.concat(pieces) }),
      fault: (fault) => done({ type: 'fault', fault }),
    })
  })
}
