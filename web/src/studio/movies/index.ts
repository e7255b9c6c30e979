import '../../styles/rooms.css'
export { MoviePage } from './movie-page'
export { MoviesPage } from './movies-page'
