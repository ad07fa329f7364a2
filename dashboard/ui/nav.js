// The views as links: the address is theirs, a plain click stays on the page. And what becomes of the page: the key of
// its conversation is given to the tab's next page, and the server is told when this one goes.

// The theme that was chosen last in this browser is the next page's, unless its address names one.
function keepTheme(page) {
  const name = `${TAB}theme`;
  const asked = new URLSearchParams(location.search).has("theme");
  try {
    const kept = localStorage.getItem(name);
    if (kept && !asked) page.dark_theme = kept === "dark";
    page.properties.dark_theme.change.connect(() => localStorage.setItem(name, page.dark_theme ? "dark" : "light"));
  } catch { /* a browser that keeps nothing begins light */ }
}

export function render({model, view}) {
  const nav = document.createElement("nav");
  nav.setAttribute("aria-label", "Views");
  const draw = () => {
    nav.hidden = model.views.length < 2;
    nav.replaceChildren(...model.views.map(([name, label]) => {
      const link = document.createElement("a");
      const search = new URLSearchParams({view: name});
      const backend = new URLSearchParams(location.search).get("backend");
      if (backend) search.set("backend", backend);
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
  // Asked until it is answered. A key that the server has not confirmed never replaces the one that the tab brought.
  let key = "";
  const here = () => model.send_msg({type: "here", key: recall("conversation")});
  const asking = setInterval(here, 5000);
  const told = (data) => {
    clearInterval(asking);
    remember("conversation", key = data.key);
  };
  const going = () => {
    const mine = key || recall("conversation");
    if (mine) navigator.sendBeacon(new URL("conversation/going", location.href), mine);
  };
  // A window too narrow for three columns begins with its sidebar closed, at once: open, it would lie over a small page.
  const seen = () => model.send_msg({type: "seen", visible: !document.hidden});
  const width = matchMedia("(max-width: 1199px)");
  const fold = () => {
    if (!width.matches) return;
    view.root.model.data.sidebar_open = false;
    model.send_msg({type: "narrow"});
  };
  width.addEventListener("change", fold);
  model.on("after_render", fold);
  document.addEventListener("visibilitychange", seen);
  window.addEventListener("pagehide", going);
  model.on("remove", () => {
    clearInterval(asking);
    document.removeEventListener("visibilitychange", seen);
    window.removeEventListener("pagehide", going);
    width.removeEventListener("change", fold);
  });
  model.on("current", draw);
  model.on("msg:custom", (event) => told(event.data ?? event));
  model.on("after_render", here);
  model.on("after_render", () => keepTheme(view.root.model.data));
  draw();
  return nav;
}
