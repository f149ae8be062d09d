'use strict';
// Three lists of regions: each choice decides what the next one offers.
(() => {
  const { one, call, show } = shixi;
  const lists = ['province', 'city', 'county'].map(level => one('[data-region=' + level + ']'));
  if (!lists.every(Boolean)) return;

  function fill(list, parts) {
    list.length = 1;
    for (const part of parts || []) list.add(new Option(part.name, part.code));
    if ((parts || []).some(part => part.code === list.dataset.chosen)) list.value = list.dataset.chosen;
    list.disabled = !parts;
  }
  const chosen = (list, parts) => ((parts || []).find(part => part.code === list.value) || {}).parts;

  const load = () => call('GET', '/api/v1/regions').then(({ provinces }) => {
    const [province, city, county] = lists;
    const cities = () => chosen(province, provinces);
    const fillCounties = () => fill(county, chosen(city, cities()));
    const fillCities = () => {
      fill(city, cities());
      fillCounties();
    };
    province.addEventListener('change', fillCities);
    city.addEventListener('change', fillCounties);
    fill(province, provinces);
    fillCities();
  }).catch(problem => {
    show(lists[0].form, problem);
    lists[0].addEventListener('focus', load, { once: true }); // whoever wants to choose tries again
  });
  load();
})();
