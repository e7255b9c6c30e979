import type { JSX } from 'preact'
import { useEffect, useMemo, useState } from 'preact/hooks'
import { createMovie, listMovies, type Movie } from '../../api/movies'
import { mayChange } from '../../api/session'
import type { News } from '../../live'
import { MOVIES_PATH, moviePath, navigate, search } from '../../router'
import { formatDay } from '../../format'
import { ProgressBar } from '../../ui/status'
import { messageOf } from '../../videos'
import { ListFoot } from '../list-foot'
import { ListSearch } from '../list-search'
import { useList, type List } from '../use-list'
import { wishOf } from '../wish'
import { shareOf, wordsFor } from './counts'

export function MoviesPage(): JSX.Element {
  useEffect(() => void (document.title = 'Movies · Telecine'), [])
  const wish = useMemo(() => wishOf(search.value), [search.value])
  const list = useList(listMovies, wish, 'episode', hear)
  return (
    <main>
      <div class="page-head">
        <h1>Movies</h1>
        <search class="filter"><ListSearch name="Search movies" placeholder="Search" /></search>
      </div>
      {mayChange.value && <NewMovie />}
      {list.items?.length === 0 && !list.isStale && <Empty text={wish.text} />}
      {!list.items && !list.failure && <Skeletons />}
      <ul class="video-rows job-rows" aria-label="Movies" aria-busy={list.isStale}>
        {list.items?.map((movie) => <MovieRow key={movie.id} movie={movie} />)}
      </ul>
      <ListFoot list={list} />
    </main>
  )
}

/** How far a movie is, its list tells. */
function hear(_: News['episode'], { reload }: List<Movie>): void {
  reload()
}

function MovieRow({ movie: { id, title, episodes, created_at } }: { movie: Movie }): JSX.Element {
  return (
    <li class="movie-row">
      <a class="card-title" href={moviePath(id)}>{title}</a>
      <div class="movie-progress">
        {episodes.total > 0 && <ProgressBar value={shareOf(episodes)} label={`Episodes of ${title} that are stored`} />}
        <p class={episodes.failed > 0 ? 'row-error number' : 'quiet number'}>{wordsFor(episodes)}</p>
      </div>
      <time class="quiet" dateTime={created_at}>{formatDay(created_at)}</time>
    </li>
  )
}

function NewMovie(): JSX.Element {
  const [failure, setFailure] = useState('')
  const [isBusy, setBusy] = useState(false)
  const onSubmit = async (event: SubmitEvent): Promise<void> => {
    event.preventDefault()
    const title = String(new FormData(event.currentTarget as HTMLFormElement).get('title') ?? '').trim()
    setBusy(true)
    setFailure('')
    try {
      navigate(moviePath((await createMovie(title)).id))
    } catch (error) {
      setFailure(messageOf(error))
      setBusy(false)
    }
  }
  return (
    <section class="panel" aria-labelledby="new-title">
      <h2 id="new-title">New movie</h2>
      <form class="inline-form movie-form" onSubmit={(event) => void onSubmit(event)}>
        <label class="field">Title
          <input name="title" type="text" required maxLength={200} aria-invalid={failure !== ''} />
        </label>
        <button type="submit" class="primary" disabled={isBusy}>Create</button>
        {failure && <p class="row-error" role="alert">{failure}</p>}
      </form>
    </section>
  )
}

function Empty({ text }: { text: string }): JSX.Element {
  if (text)
    return (
      <div class="empty">
        <h2>No movie matches</h2>
        <p>Text is looked for in titles.</p>
        <p><a href={MOVIES_PATH}>Show every movie</a></p>
      </div>
    )
  return (
    <div class="empty">
      <h2>No movies yet</h2>
      <p>
        A movie or a series holds episodes. Give it a title above, then paste the episodes as your catalogue has them: their pictures
        and previews are brought into your storage, and their videos are made ready for every screen.
      </p>
    </div>
  )
}

function Skeletons(): JSX.Element {
  return (
    <ul class="video-rows" aria-hidden="true">
      {Array.from({ length: 4 }, (_, index) => <li key={index} class="job-row skeleton"><span class="line-skeleton" /></li>)}
    </ul>
  )
}
