"""What one browser session gets: `panel serve dashboard`.

Panel executes this file under another module name once a session, so it imports absolutely and defines nothing.
"""

from dashboard.runtime import current
from dashboard.ui.page import build_page

build_page(current()).servable(title=current().config.page.title)
