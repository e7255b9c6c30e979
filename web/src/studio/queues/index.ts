export { JobPage } from './job-page'
export { QueuePage } from './queue-page'
export { QueuesPage } from './queues-page'
export { SchedulesPage } from './schedules-page'
