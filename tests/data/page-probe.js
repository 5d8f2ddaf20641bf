// What an open page says about itself once its mathematics is set; evaluated by test_90_book_pages.py.
async () => {
  await document.fonts.ready;
  if (window.MathJax && MathJax.startup) await MathJax.startup.promise;
  const main = document.querySelector('article, main');
  const unset = [...main.querySelectorAll('.math')].filter(e => !e.querySelector('mjx-container'));
  const walk = document.createTreeWalker(main, NodeFilter.SHOW_TEXT);
  let raw = 0;
  while (walk.nextNode()) {
    const inside = walk.currentNode.parentElement.closest('pre, code, script, style, mjx-container');
    if (!inside && /\\\(|\\\[|\$\$/.test(walk.currentNode.data)) raw += 1;
  }
  return { unset: unset.length, raw };
}
