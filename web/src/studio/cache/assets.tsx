import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import type { Asset } from '../../api/cache'
import { ListFoot } from '../list-foot'
import type { List } from '../use-list'
import type { Wish } from '../wish'
import { AssetRow } from './asset-row'
import { DeleteAsset } from './delete-asset'
import { EmptyCache } from './empty-cache'

interface Props {
  list: List<Asset>
  wish: Wish
  /** Numbers may have changed, too. */
  onChange: () => void
}

/** The files that are looked for. */
export function Assets({ list, wish, onChange }: Props): JSX.Element {
  const [doomed, setDoomed] = useState<Asset | null>(null)
  const { items } = list
  const onDeleted = (id: string): void => {
    list.patch(id, null)
    onChange()
  }
  return (
    <>
      {items?.length === 0 && !list.isStale && <EmptyCache wish={wish} />}
      {!items && !list.failure && <Skeletons />}
      <ul class="video-rows job-rows" aria-label="Cached files" aria-busy={list.isStale}>
        {items?.map((asset) => (
          <AssetRow key={asset.id} asset={asset} onRefreshed={(news) => {
            list.patch(asset.id, news)
            onChange()
          }} onDelete={() => setDoomed(asset)} />
        ))}
      </ul>
      <ListFoot list={list} />
      {doomed && <DeleteAsset asset={doomed} onDeleted={() => onDeleted(doomed.id)} onClose={() => setDoomed(null)} />}
    </>
  )
}

function Skeletons(): JSX.Element {
  return (
    <ul class="video-rows" aria-hidden="true">
      {Array.from({ length: 6 }, (_, index) => <li key={index} class="job-row skeleton"><span class="line-skeleton" /></li>)}
    </ul>
  )
}
