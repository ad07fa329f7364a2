// What the browser runs: the table, or the wall.

export function render({model}) {
  const fleet = model.wall ? new Wall(model) : new Fleet(model);
  const timer = setInterval(() => fleet.tick(), 1000);
  model.on("msg:custom", (event) => fleet.receive(event.data ?? event));
  model.on("remove", () => clearInterval(timer));
  model.on("after_render", () => fleet.sync());
  return fleet.root;
}
