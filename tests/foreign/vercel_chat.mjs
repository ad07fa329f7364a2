// Vercel's AI SDK (npm ai) with its own mock model: POST /api/chat on 8904. The question says how it behaves: fail, plain.
import http from 'node:http'
import { convertToModelMessages, simulateReadableStream, streamText } from 'ai'
import { MockLanguageModelV3 } from 'ai/test'

const TEXT = "A UI message stream:\n\n- item **one**\n- item two\n\n```js\nconsole.log('héllo 🌍')\n```\nEnd."
const usage = { inputTokens: { total: 12, noCache: 12 }, outputTokens: { total: 34, text: 34 }, totalTokens: 46 }

function model(asked) {
  const pieces = TEXT.match(/[^]{1,6}/gu).map((delta) => ({ type: 'text-delta', id: '0', delta }))
  const start = [{ type: 'stream-start', warnings: [] }, { type: 'text-start', id: '0' }]
  const good = [{ type: 'text-end', id: '0' }, { type: 'finish', finishReason: { unified: 'stop', raw: 'stop' }, usage }]
  const bad = [{ type: 'error', error: new Error('provider overloaded') }]
  const chunks = asked === 'fail' ? [...start, ...pieces.slice(0, 6), ...bad] : [...start, ...pieces, ...good]
  return new MockLanguageModelV3({
    doStream: async () => ({ stream: simulateReadableStream({ chunks, initialDelayInMs: 150, chunkDelayInMs: 25 }) }),
  })
}

async function answer(request, response) {
  let body = ''
  for await (const chunk of request) body += chunk
  const { messages } = JSON.parse(body)
  const asked = messages.at(-1).parts.map((part) => part.text ?? '').join('')
  const result = streamText({ model: model(asked), messages: await convertToModelMessages(messages), onError() {} })
  if (asked === 'plain') return result.pipeTextStreamToResponse(response)
  return result.pipeUIMessageStreamToResponse(response, {
    onError: (error) => String(error.message ?? error),
    messageMetadata: ({ part }) => (part.type === 'finish' ? { totalUsage: part.totalUsage } : undefined),
  })
}

http
  .createServer((request, response) =>
    answer(request, response).catch((error) => {
      response.writeHead(400, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: String(error) }))
    }),
  )
  .listen(process.env.PORT || 8904, '127.0.0.1')
