"""What the Tour Agent says: one of everything that Markdown can do, so that a page shows how it renders."""

TOUR = """\
# A short tour of Markdown

Everything below arrived **a few words at a time**. A page that renders while it streams must cope with *half* a list, \
half a table and half a code block.

## Lists

1. Open the stream.
2. Read what comes:
   - routing events,
   - `response_chunk` events,
   - and the end.
3. Close it.

## A table

| number | what it measures | unit |
|---|---|---:|
| TTFT | request sent until the first text | s |
| chunk gap | time between two pieces of text | ms |
| uptime | age of the open connection | s |

## Tasks

- [x] route the question
- [x] start the agent
- [ ] finish the answer

## Code

```python
def gauge(chunks: list[float]) -> float:
    \"\"\"The longest silence, in seconds.\"\"\"
    return max(b - a for a, b in zip(chunks, chunks[1:]))
```

> A stream gauge must never disturb the stream that it measures.

Read more in [the standard](https://html.spec.whatwg.org/multipage/server-sent-events.html). Naïve café, 日本語 and 🌊 \
must survive the journey too.
"""
