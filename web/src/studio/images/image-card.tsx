import type { JSX } from 'preact'
import type { Image } from '../../api/images'
import { mayChange } from '../../api/session'
import { formatDay } from '../../format'
import { imagePath } from '../../router'
import { DeleteButton } from '../../ui/delete-button'
import { Picture } from '../../ui/picture'
import { StatusChip } from '../../ui/status'
import { MakingProgress } from './making-progress'

interface Props {
  image: Image
  onBroken: () => void
  onDelete: () => void
}

export function ImageCard({ image, onBroken, onDelete }: Props): JSX.Element {
  const { id, title, status, failure, blurred, created_at } = image
  return (
    <li class="card" data-state={status}>
      {/* The title below is the same link; one of them is enough for a keyboard. */}
      <a class="card-picture" href={imagePath(id)} tabIndex={-1} aria-hidden="true">
        <Picture url={thumbnailOf(image)} blurred={blurred} icon={status === 'failed' ? 'alert' : 'upload'} onBroken={onBroken} />
      </a>
      <div class="card-body">
        <a class="card-title" href={imagePath(id)}>{title}</a>
        <div class="card-foot">
          <StatusChip status={status} />
          <time class="quiet" dateTime={created_at}>{formatDay(created_at)}</time>
          {mayChange.value && <DeleteButton title={title} onClick={onDelete} />}
        </div>
        {status === 'processing' && <MakingProgress image={image} />}
        {failure && <p class="row-error">{failure.message}</p>}
      </div>
    </li>
  )
}

/** The variant that is called so, or else the smallest there is. */
function thumbnailOf({ variants }: Image): string | undefined {
  const bySize = [...variants].sort((a, b) => a.width * a.height - b.width * b.height)
  return (variants.find(({ name }) => name === 'thumbnail') ?? bySize[0])?.url
}
