import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { addVariant, type Image, type Variant } from '../../api/images'
import { mayChange } from '../../api/session'
import { formatBytes } from '../../format'
import { CopyField } from '../../ui/copy-field'
import { notify } from '../../ui/notice'
import { messageOf } from '../../videos'
import { savingOf } from './saving'

/** As the server accepts. */
const MAX_SIDE = 16_383

/** What was made of the image, with the addresses for pages, and a form to have more made. */
export function Variants({ image, onChange }: { image: Image; onChange: () => void }): JSX.Element {
  const { variants, source, status } = image
  return (
    <section class="panel variants" aria-labelledby="variants-title">
      <h2 id="variants-title">Variants</h2>
      {variants.length === 0 && <p class="quiet">None {status === 'failed' ? 'could be made' : 'yet'}.</p>}
      <ul aria-label="Variants">
        {variants.map((variant) => (
          <li key={variant.name}>
            <p class="variant-line">
              <strong>{variant.name}</strong>
              <span class="number">{variant.width} × {variant.height}</span>
              <span class="number">{formatBytes(variant.bytes)}{source && `, ${savingOf(variant.bytes, source.bytes)}`}</span>
              <Kept variant={variant} />
            </p>
            <CopyField name={`Address of ${variant.name}`} text={variant.address} />
          </li>
        ))}
      </ul>
      {mayChange.value && (status === 'ready' || variants.length > 0) && <VariantForm image={image} onAdded={onChange} />}
    </section>
  )
}

function Kept({ variant: { kept, content_type, webp_bytes } }: { variant: Variant }): JSX.Element {
  const format = content_type.replace('image/', '').toUpperCase()
  if (kept === 'webp') return <span class="quiet">{format === 'WEBP' ? 'WebP' : format}</span>
  return (
    <span class="quiet number">
      the original {format} was kept{webp_bytes !== null && `: WebP would have had ${formatBytes(webp_bytes)}`}
    </span>
  )
}

function VariantForm({ image, onAdded }: { image: Image; onAdded: () => void }): JSX.Element {
  const [failure, setFailure] = useState('')
  const [isBusy, setBusy] = useState(false)
  const onSubmit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const form = event.currentTarget as HTMLFormElement
    const data = new FormData(form)
    const name = String(data.get('name') ?? '').trim()
    setBusy(true)
    setFailure('')
    try {
      await addVariant(image.id, { name, width: Number(data.get('width')), height: Number(data.get('height')) })
      notify(`${name} is being made`)
      form.reset()
      onAdded()
    } catch (error) {
      setFailure(messageOf(error))
    }
    setBusy(false)
  }
  return (
    <form class="variant-form" aria-label="Add a variant" onSubmit={(event) => void onSubmit(event)}>
      <h3>Add a variant</h3>
      <label class="field">Name
        <input name="name" type="text" required maxLength={64} placeholder="square" autocapitalize="off" spellcheck={false}
          aria-invalid={failure !== ''} />
      </label>
      <label class="field">Width
        <input name="width" type="number" required min={1} max={MAX_SIDE} placeholder="400" />
      </label>
      <label class="field">Height
        <input name="height" type="number" required min={1} max={MAX_SIDE} placeholder="400" />
      </label>
      <button type="submit" disabled={isBusy}>Add variant</button>
      <p class="quiet">In pixels. The picture fits into this box, keeps its proportions, and is never enlarged.</p>
      {failure && <p class="row-error" role="alert">{failure}</p>}
    </form>
  )
}
