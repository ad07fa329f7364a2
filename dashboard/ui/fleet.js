// What the browser runs: the table, or the wall.

export function render({model, view}) {
  const fleet = model.wall ? new Wall(model) : new Fleet(model);
  const page = view.model.document;
  const onLost = (_, event) => fleet.lost(event);
  const onFound = () => fleet.found();
  const deaf = onAcknowledged(() => fleet.acknowledged());
  const timer = setInterval(() => fleet.tick(), 1000);
  const onKey = (event) => fleet.onKey(event);
  document.addEventListener("keydown", onKey);
  page?.on_event("connection_lost", onLost);
  page?.on_event("client_reconnected", onFound);
  model.on("msg:custom", (event) => {
    fleet.receive(letter(event));
    bare();
  });
  model.on("remove", () => {
    clearInterval(timer);
    document.removeEventListener("keydown", onKey);
    deaf();
    page?.remove_on_event?.("connection_lost", onLost);
    page?.remove_on_event?.("client_reconnected", onFound);
    fleet.end();
  });
  model.on("after_render", () => fleet.sync());
  return fleet.root;
}
