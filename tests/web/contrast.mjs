/// Texts of a page whose colour is too near to what is behind them (WCAG 2.1, success criterion 1.4.3: 4.5 to 1), each
/// with its ratio. Backgrounds must be plain colours.
export function weakContrasts(page) {
  return page.evaluate(() => {
    const colour = (text) => text.match(/[\d.]+/g).map(Number);
    const luminance = ([r, g, b]) => {
      const [x, y, z] = [r, g, b].map((c) => (c / 255 <= 0.03928 ? c / 255 / 12.92 : ((c / 255 + 0.055) / 1.055) ** 2.4));
      return 0.2126 * x + 0.7152 * y + 0.0722 * z;
    };
    const backdrop = (element) => {
      for (let at = element; at !== null; at = at.parentElement) {
        const found = colour(getComputedStyle(at).backgroundColor);
        if (found.length === 3 || found[3] !== 0) return found;
      }
      return [255, 255, 255];
    };
    const found = new Set();
    const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
    while (texts.nextNode()) {
      const element = texts.currentNode.parentElement;
      if (texts.currentNode.data.trim() === "" || element.closest("script, template") !== null) continue;
      const [a, b] = [luminance(colour(getComputedStyle(element).color)), luminance(backdrop(element))];
      const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
      if (ratio < 4.5) found.add(`${element.className || element.tagName}: ${ratio.toFixed(2)}`);
    }
    return [...found];
  });
}
