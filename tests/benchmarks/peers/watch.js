// Notes the number of the newest chunk that stands in the answer at the first frame after each change, and how much the
// layout shifted; shadow roots are searched. A frame that nothing changed costs nothing.
(selector) => {
  const TAIL = 300
  const hosts = (root) => [...root.querySelectorAll("*")].filter((each) => each.shadowRoot)
  const all = (root) => [...root.querySelectorAll(selector), ...hosts(root).flatMap((each) => all(each.shadowRoot))]

  // The last characters of what a node holds, from the end, so that a long answer costs no more than a short one.
  const tail = (node, rest = "") => {
    if (node.nodeType === Node.TEXT_NODE) return node.data.slice(-TAIL) + rest
    for (const root of [node, node.shadowRoot]) {
      if (/^(STYLE|SCRIPT|LINK)$/.test(node.nodeName)) break
      for (let child = root?.lastChild; child && rest.length < TAIL; child = child.previousSibling) rest = tail(child, rest)
    }
    return rest
  }

  const seen = []
  let answer, last = -1, asked = false
  const number = () => {
    if (!answer?.isConnected || last < 0) answer = all(document).at(-1)
    const found = /(\d+)\D*$/.exec(answer ? tail(answer) : "")
    return found ? Number(found[1]) : -1
  }
  const look = () => {
    asked = false
    const now = number()
    if (now > last) {
      seen.push([performance.timeOrigin + performance.now(), now])
      last = now
    }
  }
  const soon = () => {
    if (!asked) requestAnimationFrame(look)
    asked = true
  }

  const watched = new WeakSet()
  const observer = new MutationObserver((changes) => {
    for (const change of changes) for (const node of change.addedNodes) if (node.nodeType === Node.ELEMENT_NODE) watch(node)
    soon()
  })
  const watch = (node) => {
    for (const each of [node, ...hosts(node)]) {
      const root = each.nodeType === Node.DOCUMENT_NODE ? each : each.shadowRoot
      if (!root || watched.has(root)) continue
      watched.add(root)
      observer.observe(root, {childList: true, characterData: true, subtree: true})
      watch(root)
      soon()
    }
  }
  watch(document)
  setInterval(() => watch(document), 200) // a root that was attached after its host came

  globalThis.chunksSeen = seen
  globalThis.layoutShift = 0
  new PerformanceObserver((list) => {
    for (const shift of list.getEntries()) globalThis.layoutShift += shift.value
  }).observe({type: "layout-shift"})
}
