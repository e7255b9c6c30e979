import type { JSX } from 'preact'
import { useRef } from 'preact/hooks'
import { ApiError } from '../../api/call'
import { deleteImage, type Image } from '../../api/images'
import { ConfirmDialog } from '../../ui/confirm-dialog'

interface Props {
  image: Image
  onDeleted: () => void
  onClose: () => void
}

/** Asks before an image and all its variants are gone. */
export function DeleteImage({ image, onDeleted, onClose }: Props): JSX.Element {
  // The one that was meant when the question was asked.
  const { id, title, variants } = useRef(image).current
  const onConfirm = async (): Promise<void> => {
    await deleteImage(id).catch((error: unknown) => {
      // Somebody was faster.
      if (!(error instanceof ApiError && error.status === 404)) throw error
    })
    onDeleted()
  }
  return (
    <ConfirmDialog question="Delete this image?" yes="Delete" no="Keep it" onConfirm={onConfirm} onClose={onClose}>
      <p>“{title}” will be removed{wordsFor(variants.length)}. This cannot be undone.</p>
    </ConfirmDialog>
  )
}

function wordsFor(variants: number): string {
  if (variants === 0) return ''
  return `, with its ${variants === 1 ? 'variant' : `${variants} variants`}; pages that show them will show nothing there`
}
