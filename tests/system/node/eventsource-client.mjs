// node eventsource-client.mjs URL…: npm's `eventsource-client` reads each address until the server tells it to stop
// (HTTP 204): by GET where the question stands in the address, else by POST. Prints, for each, the messages, how often
// it connected, and how long it waited before it connected again.
import { createEventSource } from 'eventsource-client'

const asked = (url) => {
  if (url.includes('message=')) return { url }
  const scenario = new URL(url).searchParams.get('scenario')
  const headers = { 'Content-Type': 'application/json' }
  return { url, method: 'POST', headers, body: JSON.stringify({ message: '17 times 23', scenario }) }
}

const read = async (url) => {
  const seen = { ids: [], events: [], opened: 0, reconnects: [] }
  const source = createEventSource({
    ...asked(url),
    onConnect: () => { seen.opened += 1 },
    onScheduleReconnect: ({ delay }) => { seen.reconnects.push(delay) },
  })
  for await (const { data, id } of source) {
    seen.ids.push(id)
    seen.events.push(JSON.parse(data))
  }
  return seen
}

console.log(JSON.stringify(await Promise.all(process.argv.slice(2).map(read))))
