// The views as links: the address is theirs, a plain click stays on the page.

export function render({model}) {
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
