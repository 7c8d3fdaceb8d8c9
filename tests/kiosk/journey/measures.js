(bounds) => {
  const faults = [];
  const shown = (element) => !element.closest('.vh, [hidden], script, style, title, noscript, [aria-hidden=true]');
  const walk = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const text = walk.currentNode.textContent.trim(), element = walk.currentNode.parentElement;
    if (!text || !shown(element)) continue;
    const size = parseFloat(getComputedStyle(element).fontSize);
    if (size < bounds.text) faults.push(`text of ${size} px: ${text}`);
  }
  const controls = [...document.querySelectorAll('button, a[href], .k-option label')]
    .filter(shown).map((element) => [element.textContent.trim(), element.getBoundingClientRect()]);
  for (const [name, box] of controls) {
    if (box.width < bounds.target || box.height < bounds.target) faults.push(`small: ${name} ${box.width}x${box.height}`);
    if (box.top < bounds.reach) faults.push(`out of reach: ${name} at ${box.top}`);
    if (box.bottom > innerHeight || box.right > innerWidth || box.left < 0) faults.push(`outside: ${name}`);
  }
  controls.forEach(([name, a], index) => controls.slice(index + 1).forEach(([other, b]) => {
    const across = Math.max(a.left, b.left) - Math.min(a.right, b.right);
    const down = Math.max(a.top, b.top) - Math.min(a.bottom, b.bottom);
    if (Math.max(across, down) < bounds.gap - 0.5) faults.push(`too close: ${name} and ${other}`);
  }));
  const area = (name) => document.querySelector(name).getBoundingClientRect();
  const say = document.querySelector('.k-say');
  if (say.scrollHeight > say.clientHeight + 2) {
    faults.push(`words under controls by ${say.scrollHeight - say.clientHeight}`);
  }
  if (area('.k-do').bottom > area('.k-assist').top) faults.push('controls under the bar');
  for (const element of document.querySelectorAll('.k-say *, .k-do *')) {
    if (shown(element) && element.getBoundingClientRect().right > innerWidth) {
      faults.push(`too wide: ${element.textContent.trim()}`);
    }
  }
  return faults;
}
