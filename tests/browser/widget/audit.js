// Runs in the page: what is wrong with the widget as it stands there, one line for each thing. Wants axe and its tags.
async (tags) => {
  const host = document.querySelector('[data-rapport-host]');
  const root = host.shadowRoot;
  const out = [];
  const found = await axe.run(document, { runOnly: { type: 'tag', values: tags }, resultTypes: ['violations'] });
  for (const rule of found.violations) {
    for (const node of rule.nodes) out.push(`${rule.id}: ${node.html.slice(0, 150)} ${node.failureSummary}`);
  }
  const told = (node) => `${node.className} "${(node.textContent || node.getAttribute('aria-label') || '').trim().slice(0, 50)}"`;
  const wide = document.documentElement;
  if (wide.scrollWidth > wide.clientWidth) out.push('the page scrolls sideways');
  const panel = [...root.querySelectorAll('dialog[open]')].pop();
  if (!panel) return out;
  const frame = panel.getBoundingClientRect();
  for (const node of panel.querySelectorAll('*')) {
    const { overflowX } = getComputedStyle(node);
    const scrolls = overflowX === 'auto' || overflowX === 'scroll' || overflowX === 'hidden';
    if (scrolls && !node.matches('.sr, .sr *, input, svg') && node.scrollWidth > node.clientWidth + 1) out.push(`scrolls sideways: ${told(node)}`);
  }
  const { overflowY } = getComputedStyle(panel);
  if (overflowY !== 'auto' && panel.scrollHeight > panel.clientHeight + 1) out.push('the panel hides what stands below');
  if (root.querySelector('.log').clientHeight < 80) out.push('the thread has no room');
  // Each line of text stands inside the panel and inside what it is written on.
  const walker = document.createTreeWalker(panel, NodeFilter.SHOW_TEXT);
  while (walker.nextNode()) {
    const text = walker.currentNode;
    const on = text.parentElement;
    if (!text.data.trim() || on.closest('.sr, textarea, svg') || !on.checkVisibility({ visibilityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(text);
    const ground = on.closest('button, .button, .mark, .chip, .tag, .bubble, .card, .banner');
    const box = ground?.getBoundingClientRect() ?? frame;
    for (const line of range.getClientRects()) {
      if (line.left < frame.left - 1 || line.right > frame.right + 1) out.push(`beside the panel: ${told(on)}`);
      else if (line.left < box.left - 1 || line.right > box.right + 1) out.push(`wider than its ground: ${told(on)}`);
      else if (ground && (line.top < box.top - 1 || line.bottom > box.bottom + 1)) out.push(`higher than its ground: ${told(on)}`);
    }
  }
  // Targets: 44 px where a thumb has to hit (WCAG 2.2 asks for 24).
  const targets = [...root.querySelectorAll('button, a.button, .scale label, textarea, .agree, input:not([type=radio], [type=checkbox])')]
    .filter((node) => node.checkVisibility({ visibilityProperty: true }));
  const boxes = targets.map((node) => node.getBoundingClientRect());
  targets.forEach((node, i) => {
    const { width, height } = boxes[i];
    const least = node.matches('.scale label') ? 24 : 44;
    if (panel.contains(node) && (boxes[i].left < frame.left - 1 || boxes[i].right > frame.right + 1)) out.push(`beside the panel: ${told(node)}`);
    if (width < least || height < 43.5) out.push(`small target, ${Math.round(width)} x ${Math.round(height)}: ${told(node)}`);
    boxes.forEach((other, j) => {
      if (j <= i || node.contains(targets[j]) || targets[j].contains(node) || !panel.contains(node) || !panel.contains(targets[j])) return;
      if (node.closest('.menu') || targets[j].closest('.menu') || node.closest('.log') !== targets[j].closest('.log')) return;
      const across = Math.min(boxes[i].right, other.right) - Math.max(boxes[i].left, other.left);
      const down = Math.min(boxes[i].bottom, other.bottom) - Math.max(boxes[i].top, other.top);
      if (across > 1 && down > 1) out.push(`one over the other: ${told(node)} and ${told(targets[j])}`);
    });
  });
  return [...new Set(out)];
}
