import type { JSX } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { IMAGE_STATUSES, listImages, type Image } from '../../api/images'
import { mayChange } from '../../api/session'
import type { News } from '../../live'
import { search } from '../../router'
import { ListFoot } from '../list-foot'
import { ListSearch } from '../list-search'
import { useList, type List } from '../use-list'
import { wishOf, type Wish } from '../wish'
import { DeleteImage } from './delete-image'
import { EmptyImages } from './empty-images'
import { ImageCard } from './image-card'
import { PictureDrop } from './picture-drop'
import { StatusFilter } from './status-filter'
import { openIds, uploads } from './uploads'

export function ImagesPage(): JSX.Element {
  useEffect(() => void (document.title = 'Images · Telecine'), [])
  const wish = useMemo(() => wishOf(search.value, IMAGE_STATUSES), [search.value])
  const list = useList(listImages, wish, 'image', hear)
  // What has arrived is in the list now.
  useEffect(list.reload, [uploads.value.length])
  return (
    <main>
      <div class="page-head">
        <h1>Images</h1>
        <search class="filter">
          <ListSearch name="Search images" placeholder="Search" />
          <StatusFilter status={wish.status} />
        </search>
      </div>
      {mayChange.value && <PictureDrop />}
      <Images list={list} wish={wish} />
    </main>
  )
}

function hear({ id, status, ...news }: News['image'], { items, patch, reload }: List<Image>): void {
  if (status === 'deleted') return patch(id, null)
  const known = items?.find((image) => image.id === id)
  patch(id, { ...news, status })
  // Variants come with the image itself, and one that is new with the list; one that only gets on moves a bar.
  if (status !== 'processing' || known?.status !== status) reload()
}

function Images({ list, wish }: { list: List<Image>; wish: Wish }): JSX.Element {
  const [doomed, setDoomed] = useState<Image | null>(null)
  const shown = list.items?.filter(({ id }) => !openIds.value.has(id))
  const isEmpty = shown?.length === 0 && !list.isStale && !list.failure
  return (
    <>
      {isEmpty && uploads.value.length === 0 && <EmptyImages wish={wish} />}
      {!shown && !list.failure && <Skeletons />}
      <ul class="cards pictures" aria-label="Images" aria-busy={list.isStale}>
        {shown?.map((image) => <ImageCard key={image.id} image={image} onBroken={list.reload} onDelete={() => setDoomed(image)} />)}
      </ul>
      <ListFoot list={list} />
      {doomed && <DeleteImage image={doomed} onDeleted={() => list.patch(doomed.id, null)} onClose={() => setDoomed(null)} />}
    </>
  )
}

function Skeletons(): JSX.Element {
  return (
    <ul class="cards pictures" aria-hidden="true">
      {Array.from({ length: 8 }, (_, index) => <li key={index} class="skeleton"><div class="poster picture" /></li>)}
    </ul>
  )
}
