// A search field above each table of class `searchable`. Nothing is fetched; without this script the table is complete.
(() => {
  'use strict';

  // 'Rußwurm', 'RUSSWURM' and 'Russwurm' are one word; so are 'Pleiades' and 'Pléiades'.
  const plain = text =>
    text.toLowerCase().replace(/ß/g, 'ss').normalize('NFKD').replace(/[\u0300-\u036f]/g, '').replace(/\s+/g, ' ');

  const equip = (table, number) => {
    const rows = [...table.tBodies[0].rows].map(row => ({ row, text: plain(row.textContent) }));
    const caption = table.caption ? table.caption.textContent : 'table';
    const box = document.createElement('div');
    box.className = 'table-search';
    box.setAttribute('role', 'search');
    box.setAttribute('aria-label', caption);

    const label = document.createElement('label');
    const field = document.createElement('input');
    const count = document.createElement('output');
    field.type = 'search';
    field.id = `table-search-${number}`;
    field.autocomplete = 'off';
    field.spellcheck = false;
    field.placeholder = table.dataset.filters ? 'words in any column' : 'such as sentinel-1 u-net';
    label.htmlFor = count.htmlFor = field.id;
    label.textContent = 'Search this table';
    count.setAttribute('aria-live', 'polite');

    // One menu for each column named in data-filters, with the words that stand in it, in the order of the rows.
    const heads = [...table.tHead.rows[0].cells].map(cell => cell.textContent);
    const menus = (table.dataset.filters || '').split('|').filter(Boolean).map((name, which) => {
      const column = heads.indexOf(name);
      const menu = document.createElement('select');
      const title = document.createElement('label');
      menu.id = `table-filter-${number}-${which}`;
      title.htmlFor = menu.id;
      title.textContent = name[0].toUpperCase() + name.slice(1);
      const words = [...new Set(rows.map(({ row }) => row.cells[column].textContent))];
      for (const word of ['all', ...words]) menu.add(new Option(word, word === 'all' ? '' : word));
      menu.addEventListener('change', () => search());
      const pair = document.createElement('span');
      pair.append(title, ' ', menu);
      return { menu, pair, column };
    });

    const search = () => {
      const words = plain(field.value).split(' ').filter(Boolean);
      let shown = 0;
      for (const { row, text } of rows) {
        const fits = ({ menu, column }) => !menu.value || row.cells[column].textContent === menu.value;
        row.hidden = !words.every(word => text.includes(word)) || !menus.every(fits);
        shown += row.hidden ? 0 : 1;
      }
      count.textContent = `${shown} of ${rows.length} rows`;
    };
    field.addEventListener('input', search);
    field.addEventListener('keydown', event => {
      if (event.key !== 'Escape' || !field.value) return;
      field.value = '';
      event.preventDefault();
      search();
    });
    box.append(label, field, ...menus.map(({ pair }) => pair), count);
    const scroller = table.closest('.pst-scrollable-table-container') || table;
    scroller.before(box);
    search();
  };

  const start = () => document.querySelectorAll('table.searchable').forEach(equip);
  if (document.readyState === 'loading') document.addEventListener('DOMContentLoaded', start);
  else start();
})();
