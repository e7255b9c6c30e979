import { contentType, type Rendition } from './manifest'
import { rangesOf, type Range } from './segments'

/** A SourceBuffer that does one thing at a time: every operation waits for the one before it. */
export class QueuedBuffer {
  private last: Promise<void> = Promise.resolve()
  private codecs: string

  constructor(
    private readonly buffer: SourceBuffer,
    rendition: Rendition,
  ) {
    this.codecs = rendition.codecs
  }

  buffered(): Range[] {
    return rangesOf(this.buffer.buffered)
  }

  /** Rejects with QuotaExceededError when the browser's memory for it is full. */
  append(data: ArrayBuffer): Promise<void> {
    return this.run(() => this.buffer.appendBuffer(data))
  }

  remove(start: number, end: number): Promise<void> {
    return start < end ? this.run(() => this.buffer.remove(start, end)) : Promise.resolve()
  }

  /** Between codec families (H.264 to AV1) the decoder has to be told; within one the init segment says enough. */
  prepareFor(rendition: Rendition): Promise<void> {
    const family = (codecs: string): string => codecs.slice(0, 4)
    const isSame = family(this.codecs) === family(rendition.codecs)
    this.codecs = rendition.codecs
    return isSame ? Promise.resolve() : this.run(() => this.buffer.changeType(contentType(rendition)), 'at-once')
  }

  private run(operation: () => void, completion: 'by-event' | 'at-once' = 'by-event'): Promise<void> {
    const result = this.last.then(() => {
      if (completion === 'at-once') return operation()
      return new Promise<void>((resolve, reject) => {
        const { buffer } = this
        const finish = (event: Event): void => {
          buffer.removeEventListener('updateend', finish)
          buffer.removeEventListener('error', finish)
          if (event.type === 'error') reject(new Error('the browser could not read a segment'))
          else resolve()
        }
        operation()
        buffer.addEventListener('updateend', finish)
        buffer.addEventListener('error', finish)
      })
    })
    this.last = result.catch(() => {})
    return result
  }
}
