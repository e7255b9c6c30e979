import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { mayChange } from '../../api/session'
import type { Video, Visibility } from '../../api/types'
import { CopyField } from '../../ui/copy-field'
import { notify } from '../../ui/notice'
import { change, messageOf } from '../../videos'

const MEANINGS: Record<Visibility, string> = {
  private: 'People who can sign in here, and whoever you give one of these addresses, which work for 12 hours.',
  unlisted: 'Everybody who has the address. Search engines are asked to leave it out.',
  public: 'Everybody, and search engines may list it.',
}

/** Who may watch, and what to hand on. */
export function Sharing({ video }: { video: Video }): JSX.Element {
  const [isSaving, setSaving] = useState(false)
  const onChange = async (visibility: Visibility): Promise<void> => {
    setSaving(true)
    await change(video, { visibility }).catch((error: unknown) => notify(messageOf(error)))
    setSaving(false)
  }
  return (
    <section class="panel" aria-labelledby="sharing-title">
      <h2 id="sharing-title">Sharing</h2>
      <label class="field">Who may watch
        <select value={video.visibility} disabled={isSaving || !mayChange.value} aria-describedby="visibility-meaning"
          onChange={(event) => void onChange(event.currentTarget.value as Visibility)}>
          <option value="private">Private</option>
          <option value="unlisted">Unlisted</option>
          <option value="public">Public</option>
        </select>
      </label>
      <p id="visibility-meaning" class="quiet">{MEANINGS[video.visibility]}</p>
      <CopyField name="Page" text={video.links.watch} />
      <CopyField name="Embed" text={embedCode(video)} />
    </section>
  )
}

/** An iframe that keeps the shape of the video at every width. */
export function embedCode({ title, links, width, height }: Pick<Video, 'title' | 'links' | 'width' | 'height'>): string {
  const shape = width && height ? `${width} / ${height}` : '16 / 9'
  return (
    `<iframe src="${escaped(links.embed)}" title="${escaped(title)}" ` +
    `style="width: 100%; aspect-ratio: ${shape}; border: 0" ` +
    'allow="autoplay; fullscreen; picture-in-picture" allowfullscreen></iframe>'
  )
}

function escaped(text: string): string {
  return text.replace(/[&"<>]/g, (character) => `&#${character.charCodeAt(0)};`)
}
