import type { JSX } from 'preact'
import { useState } from 'preact/hooks'
import { refreshAsset, urlOfAsset, type Asset } from '../../api/cache'
import { mayChange } from '../../api/session'
import { formatBytes } from '../../format'
import { DeleteButton } from '../../ui/delete-button'
import { Icon } from '../../ui/icon'
import { Ago } from '../../ui/moment'
import { notify } from '../../ui/notice'
import { messageOf } from '../../videos'
import { partsOf } from './addresses'
import { AssetChip } from './asset-status'

interface Props {
  asset: Asset
  onRefreshed: (asset: Asset) => void
  onDelete: () => void
}

/** A file of somebody else's server. */
export function AssetRow({ asset, onRefreshed, onDelete }: Props): JSX.Element {
  const { original_url, status, failure } = asset
  const [host, rest] = partsOf(original_url)
  return (
    <li class="asset-row" data-state={status.toLowerCase()}>
      <div class="job-row-body">
        <p class="asset-address" title={original_url}><span class="quiet">{host}</span>{rest}</p>
        {failure && <p class="row-error">{failure.message} <code>{failure.code}</code></p>}
        <Facts asset={asset} />
      </div>
      <AssetChip status={status} />
      <div class="row-actions">
        <button type="button" class="bare" aria-label={`Open ${original_url}`} title="Open" onClick={() => void open(asset)}>
          <Icon name="link" />
        </button>
        {mayChange.value && <RefreshButton asset={asset} onRefreshed={onRefreshed} />}
        {mayChange.value && <DeleteButton title={original_url} onClick={onDelete} />}
      </div>
    </li>
  )
}

function Facts({ asset: { content_type, size, width, height, evicted, optimize, used_at } }: { asset: Asset }): JSX.Element {
  return (
    <p class="quiet number job-row-line">
      {content_type && <span>{content_type}</span>}
      {size !== null && <span>{formatBytes(size)}</span>}
      {width !== null && height !== null && <span>{width} × {height}</span>}
      {optimize && <span>pictures made smaller</span>}
      {evicted && <span>given up to make room</span>}
      <span>asked for <Ago at={used_at} /></span>
    </p>
  )
}

/** The address is asked for now, because signed ones end. */
async function open({ id }: Asset): Promise<void> {
  // Before the answer, or the browser takes it for a window that nobody has asked for.
  const tab = window.open('', '_blank')
  try {
    const url = await urlOfAsset(id)
    if (!tab) return notify('The browser has kept a tab from opening')
    if (!url) throw new Error('There is no file any more.')
    tab.opener = null
    tab.location.replace(url)
  } catch (error) {
    tab?.close()
    notify(messageOf(error))
  }
}

function RefreshButton({ asset, onRefreshed }: Pick<Props, 'asset' | 'onRefreshed'>): JSX.Element {
  const [isBusy, setBusy] = useState(false)
  const hasFailed = asset.failure !== null
  const isWaiting = asset.status === 'PENDING' || asset.status === 'DOWNLOADING'
  const name = hasFailed ? 'Retry' : 'Fetch again'
  const onClick = async (): Promise<void> => {
    setBusy(true)
    try {
      onRefreshed(await refreshAsset(asset.id))
      notify('The file is fetched once more')
    } catch (error) {
      notify(messageOf(error))
    }
    setBusy(false)
  }
  return (
    <button type="button" class="bare" aria-label={`${name}: ${asset.original_url}`} title={name} disabled={isBusy || isWaiting}
      onClick={() => void onClick()}>
      <Icon name="retry" />
    </button>
  )
}
