// node eventsource.mjs URL…: npm's `eventsource` reads each address until the server tells it to stop (HTTP 204).
// Prints, for each, the messages, and how often it connected and was told of an error.
import { EventSource } from 'eventsource'

const read = (url) =>
  new Promise((resolve) => {
    const seen = { ids: [], events: [], opened: 0, errors: [] }
    const source = new EventSource(url)
    source.onopen = () => { seen.opened += 1 }
    source.onmessage = ({ data, lastEventId }) => { seen.ids.push(lastEventId); seen.events.push(JSON.parse(data)) }
    source.onerror = ({ code }) => {
      seen.errors.push(code ?? null)
      if (source.readyState === EventSource.CLOSED) resolve(seen)
    }
  })

console.log(JSON.stringify(await Promise.all(process.argv.slice(2).map(read))))
