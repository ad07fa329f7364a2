// The views as links: the address is theirs, a plain click stays on the page.

// A window too narrow for three columns begins with its sidebar closed; decided here, where the width is known.
function foldSidebar(page) {
  if (window.innerWidth >= 1200) return;
  for (const root of page?.roots() ?? []) {
    if (root.data && "sidebar_open" in root.data.attributes) root.data.sidebar_open = false;
  }
}

export function render({model, view}) {
  foldSidebar(view.model.document);
  const nav = document.createElement("nav");
  nav.setAttribute("aria-label", "Views");
  const draw = () => {
    nav.replaceChildren(...model.views.map(([name, label]) => {
      const link = document.createElement("a");
      const search = new URLSearchParams(location.search);
      search.set("view", name);
      link.href = `?${search}`;
      link.textContent = label;
      if (name === model.current) link.setAttribute("aria-current", "page");
      link.onclick = (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
        event.preventDefault();
        model.send_msg({type: "go", view: name});
      };
      return link;
    }));
  };
  const seen = () => model.send_msg({type: "seen", visible: !document.hidden});
  document.addEventListener("visibilitychange", seen);
  model.on("remove", () => document.removeEventListener("visibilitychange", seen));
  model.on("current", draw);
  draw();
  return nav;
}
