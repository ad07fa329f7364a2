"""What one browser session gets: `panel serve dashboard`.

Panel executes this file under another module name once a session, so it imports absolutely and defines nothing.
"""

import panel as pn

from dashboard.runtime import current
from dashboard.ui.page import build_page

build_page(current()).servable(title=current().config.page.title)

assert pn.state.curdoc is not None  # noqa: S101
