import type { JSX } from 'preact'
import { useEffect, useState } from 'preact/hooks'
import { getImage, type Image, type ImageSource } from '../../api/images'
import { mayChange } from '../../api/session'
import { formatBytes, formatDate } from '../../format'
import type { News } from '../../live'
import { IMAGES_PATH, navigate, queuePath } from '../../router'
import { DeleteButton } from '../../ui/delete-button'
import { Icon } from '../../ui/icon'
import { Picture } from '../../ui/picture'
import { StatusChip } from '../../ui/status'
import { Trouble } from '../../ui/trouble'
import { useOne, type One } from '../use-one'
import { DeleteImage } from './delete-image'
import { MakingProgress } from './making-progress'
import { Variants } from './variants'

/** Where variants are made. */
const QUEUE = 'thumbnail-generation'

export function ImagePage({ id }: { id: string }): JSX.Element {
  const { value: image, isMissing, failure, reload } = useOne<Image, 'image'>(id, getImage, 'image', hear)
  return (
    <main class="video-page">
      <a class="back" href={IMAGES_PATH}><Icon name="back" /> Images</a>
      {isMissing && <Missing />}
      {failure && !isMissing && <Trouble message={failure} onRetry={reload} />}
      {image ? <Whole image={image} onChange={reload} /> : !failure && <Skeleton />}
    </main>
  )
}

function hear({ id, status, progress }: News['image'], { value, change, reload }: One<Image>): void {
  if (value?.id !== id) return
  // One that only gets on moves a bar; everything else comes with the image.
  if (status === 'processing' && value.status === status) change((image) => ({ ...image, progress: progress ?? image.progress }))
  else reload()
}

function Missing(): JSX.Element {
  useEffect(() => void (document.title = 'Deleted · Telecine'), [])
  return (
    <div class="panel" role="alert">
      <h1>This image is not there</h1>
      <p>It has been deleted, or the address is wrong.</p>
    </div>
  )
}

function Skeleton(): JSX.Element {
  return <div class="skeleton late" aria-hidden="true"><div class="image-stage poster" /></div>
}

function Whole({ image, onChange }: { image: Image; onChange: () => void }): JSX.Element {
  const { title, status, source, failure, blurred } = image
  const [isDeleting, setDeleting] = useState(false)
  useEffect(() => void (document.title = `${title} · Telecine`), [title])
  const [largest] = [...image.variants].sort((a, b) => b.width * b.height - a.width * a.height)
  return (
    <>
      {(largest || status === 'processing') && (
        <div class="image-stage" style={source ? { aspectRatio: `${source.width} / ${source.height}` } : undefined}>
          <Picture key={largest?.name} url={largest?.url} blurred={blurred} alt={title} icon="upload" onBroken={onChange} />
        </div>
      )}
      <div class="video-head">
        <h1>{title}</h1>
        <StatusChip status={status} />
        {mayChange.value && <DeleteButton title={title} onClick={() => setDeleting(true)} />}
      </div>
      {failure && <Failed image={image} />}
      {status === 'pending_upload' && (
        <p class="panel">The file has not arrived yet. An upload that was interrupted is removed by itself; upload the file again.</p>
      )}
      {status === 'processing' && (
        <div class="panel">
          <p role="status">Its variants are being made.{image.variants.length > 0 && ' Those that are there stay until then.'}</p>
          <MakingProgress image={image} />
        </div>
      )}
      <div class="video-details">
        <Variants image={image} onChange={onChange} />
        {source && <Source source={source} uploaded={image.created_at} />}
      </div>
      {isDeleting && <DeleteImage image={image} onClose={() => setDeleting(false)} onDeleted={() => navigate(IMAGES_PATH)} />}
    </>
  )
}

/** Why, and what to do; the variants of before may still be there. */
function Failed({ image: { id, failure, status } }: { image: Image }): JSX.Element {
  return (
    <section class="panel failure" aria-labelledby="failure-title">
      <Icon name="alert" />
      <div>
        <h2 id="failure-title">{status === 'failed' ? 'No variants could be made' : 'The last variants could not be made'}</h2>
        <p>{failure?.message}</p>
        <code>{failure?.code}</code>
        <a class="button" href={`${queuePath(QUEUE)}?${new URLSearchParams({ state: 'failed', text: id })}`}>Show the job</a>
      </div>
    </section>
  )
}

function Source({ source: { format, width, height, frames, bytes }, uploaded }: { source: ImageSource; uploaded: string }): JSX.Element {
  return (
    <section class="panel" aria-labelledby="source-title">
      <h2 id="source-title">Source</h2>
      <dl class="number">
        <Fact name="Format" value={format.toUpperCase()} />
        <Fact name="Size" value={`${width} × ${height}`} />
        {frames > 1 && <Fact name="Frames" value={frames.toLocaleString()} />}
        <Fact name="Bytes" value={formatBytes(bytes)} />
        <Fact name="Uploaded" value={formatDate(uploaded)} />
      </dl>
    </section>
  )
}

function Fact({ name, value }: { name: string; value: string }): JSX.Element {
  return (
    <div>
      <dt>{name}</dt>
      <dd>{value}</dd>
    </div>
  )
}
