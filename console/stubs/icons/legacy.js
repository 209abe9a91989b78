// Stands for @ultraviolet/icons/legacy: every icon there is, found by its name, 300 KB of them. Button
// asks for one only if it is given a name; ours are given none.
export function Icon({ name }) {
  throw new Error(`icons are not found by their name here (${name}): import the one from @ultraviolet/icons`);
}
