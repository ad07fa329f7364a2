// Notes, at each frame, the number of the newest chunk that stands in the answer; shadow roots are searched.
(selector) => {
  const hosts = (root) => [...root.querySelectorAll("*")].filter((each) => each.shadowRoot)
  const all = (root) => [...root.querySelectorAll(selector), ...hosts(root).flatMap((each) => all(each.shadowRoot))]
  const inner = (node) => node.nodeType === Node.TEXT_NODE ? node.data : /^(STYLE|SCRIPT|LINK)$/.test(node.tagName) ? ""
    : [...(node.shadowRoot?.childNodes ?? []), ...node.childNodes].map(inner).join("")
  const text = (node) => hosts(node).length ? inner(node) : node.textContent
  const seen = []
  let answer, last = -1
  const number = () => {
    if (!answer?.isConnected || last < 0) answer = all(document).at(-1)
    const found = /(\d+)\D*$/.exec(answer ? text(answer).slice(-300) : "")
    return found ? Number(found[1]) : -1
  }
  const look = () => {
    const now = number()
    if (now > last) {
      seen.push([performance.timeOrigin + performance.now(), now])
      last = now
    }
    requestAnimationFrame(look)
  }
  globalThis.chunksSeen = seen
  requestAnimationFrame(look)
}
