// The least of the stack that Telecine replaces: an HTTP server, a queue, a worker and an S3 client in one Node process.
import { S3Client } from '@aws-sdk/client-s3'
import { getSignedUrl } from '@aws-sdk/s3-request-presigner'
import { Queue, Worker } from 'bullmq'
import Fastify from 'fastify'

const connection = { host: '127.0.0.1', port: Number(process.env.REDIS_PORT), maxRetriesPerRequest: null }
const s3 = new S3Client({ region: 'us-east-1', credentials: { accessKeyId: 'a', secretAccessKey: 'b' } })
const queue = new Queue('video-processing', { connection })
const worker = new Worker('video-processing', async () => {}, { connection })
const server = Fastify()
server.get('/health', () => ({ status: 'ok', signs: typeof getSignedUrl, region: typeof s3.config.region }))
await Promise.all([queue.waitUntilReady(), worker.waitUntilReady(), server.listen({ host: '127.0.0.1', port: 0 })])
console.log('ready')
process.on('SIGTERM', () => process.exit(0))
