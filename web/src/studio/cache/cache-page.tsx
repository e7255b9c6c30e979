import type { JSX } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { ASSET_STATUSES, getCacheStats, listAssets, retryFailedAssets, type Asset, type CacheStats } from '../../api/cache'
import { mayChange } from '../../api/session'
import { listen, type News } from '../../live'
import { search } from '../../router'
import { Icon } from '../../ui/icon'
import { notify } from '../../ui/notice'
import { Trouble } from '../../ui/trouble'
import { useLoad } from '../../ui/use-load'
import { useThrottled } from '../../use-throttled'
import { messageOf } from '../../videos'
import { ListSearch } from '../list-search'
import { useList, type List } from '../use-list'
import { wishOf } from '../wish'
import { AddForm } from './add-form'
import { Assets } from './assets'
import { CleanUp } from './clean-up'
import { StatusTabs } from './status-tabs'
import { Use } from './use'

const RELOAD_MS = 1000

export function CachePage(): JSX.Element {
  useEffect(() => void (document.title = 'Media cache · Telecine'), [])
  const wish = useMemo(() => wishOf(search.value, ASSET_STATUSES), [search.value])
  const list = useList(listAssets, wish, 'asset', hear)
  const { value: stats, failure, reload } = useLoad(getCacheStats)
  const count = useThrottled(reload, RELOAD_MS)
  useEffect(() => listen('asset', { onNews: count, onReset: count }), [])
  const onChange = (): void => {
    list.reload()
    count()
  }
  return (
    <main>
      <div class="page-head">
        <h1>Media cache</h1>
        {mayChange.value && <Tools stats={stats} onChange={onChange} />}
      </div>
      {failure ? <Trouble message={failure} onRetry={reload} /> : <Use stats={stats} />}
      {mayChange.value && <AddForm onAdded={onChange} />}
      <section class="listing" aria-label="Files">
        <StatusTabs stats={stats} wish={wish} />
        <search><ListSearch name="Search addresses" placeholder="Part of an address" /></search>
        <Assets list={list} wish={wish} onChange={onChange} />
      </section>
    </main>
  )
}

function hear({ id, status, ...news }: News['asset'], { patch, reload }: List<Asset>): void {
  patch(id, status === 'deleted' ? null : { ...news, status })
  // Size and type come with the file itself, and one that is new with the list.
  if (status !== 'deleted') reload()
}

function Tools({ stats, onChange }: { stats: CacheStats | null; onChange: () => void }): JSX.Element {
  const [isBusy, setBusy] = useState(false)
  const onRetry = async (): Promise<void> => {
    setBusy(true)
    try {
      const count = await retryFailedAssets()
      notify(count === 1 ? '1 file is fetched once more' : `${count} files are fetched once more`)
      onChange()
    } catch (error) {
      notify(messageOf(error))
    }
    setBusy(false)
  }
  return (
    <>
      <button type="button" disabled={isBusy || !stats?.failed} onClick={() => void onRetry()}><Icon name="retry" /> Retry all failed</button>
      <CleanUp onDone={onChange} />
    </>
  )
}
