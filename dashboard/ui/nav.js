// The views as links: the address is theirs, a plain click stays on the page.

export function render({model}) {
  const nav = document.createElement("nav");
  nav.setAttribute("aria-label", "Views");
  const draw = () => {
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
  // A window too narrow for three columns begins with its sidebar closed; told from here, where the width is known.
  const seen = () => model.send_msg({type: "seen", visible: !document.hidden});
  const width = matchMedia("(max-width: 1199px)");
  const fold = () => { if (width.matches) model.send_msg({type: "narrow"}); };
  width.addEventListener("change", fold);
  model.on("after_render", fold);
  document.addEventListener("visibilitychange", seen);
  model.on("remove", () => {
    document.removeEventListener("visibilitychange", seen);
    width.removeEventListener("change", fold);
  });
  model.on("current", draw);
  draw();
  return nav;
}
