import type { JSX } from 'preact'
import { useEffect, useRef, useState } from 'preact/hooks'
import { Icon } from '../../ui/icon'
import { isTouched, listenTo } from '../../uploader/view/drop-zone'
import { UploadRows } from './upload-rows'
import { add } from './uploads'

/** Takes pictures by picking, by pasting, and by dropping them anywhere on the page. */
export function PictureDrop(): JSX.Element {
  const input = useRef<HTMLInputElement>(null)
  const [isOver, setOver] = useState(false)
  useEffect(() => listenTo(window, { setOver, add }), [])
  const onChange = (): void => {
    if (!input.current) return
    add(input.current.files ?? [])
    // Choosing the same file again must be a change again.
    input.current.value = ''
  }
  return (
    <div class="uploader">
      <section class={isOver ? 'drop-zone over' : 'drop-zone'} aria-label="Upload">
        <Icon name="upload" />
        <div>
          <p class="drop-title">{isTouched() ? 'Choose pictures' : 'Drop pictures here'}</p>
          <p class="quiet">{isTouched() ? '' : 'or paste them. '}JPEG, PNG, WebP and GIF, moving ones too, up to 33 MB each.</p>
        </div>
        <div class="drop-actions">
          <button type="button" class="primary" onClick={() => input.current?.click()}>Choose pictures</button>
        </div>
        <input ref={input} type="file" class="unseen" tabIndex={-1} multiple aria-label="Pictures to upload"
          accept="image/*" onChange={onChange} />
      </section>
      <UploadRows />
    </div>
  )
}
