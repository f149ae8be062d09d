'use strict';
// What every script here uses: finding elements, asking the API, and a word
// that outlives the change to the next page.
window.shixi = (() => {
  const one = (selector, from) => (from || document).querySelector(selector);
  const all = (selector, from) => Array.from((from || document).querySelectorAll(selector));

  // call asks the API. What it throws has detail, for the user, and errors, by field.
  async function call(method, path, body, headers) {
    const request = { method, credentials: 'same-origin', headers: Object.assign({ 'X-Requested-With': 'shixi' }, headers) };
    if (body instanceof FormData) {
      request.body = body;
    } else if (body !== undefined) {
      request.headers['Content-Type'] = 'application/json';
      request.body = JSON.stringify(body);
    }
    let answer;
    try {
      answer = await fetch(path, request);
    } catch (_) {
      throw { detail: '网络连接失败，请检查网络后重试', errors: [] };
    }
    let data = {};
    try {
      data = JSON.parse(await answer.text() || '{}');
    } catch (_) { /* an empty or foreign answer */ }
    if (answer.ok) return data;
    const problem = Object.assign({ detail: '系统暂时不可用，请稍后重试', errors: [] }, data, { status: answer.status });
    if (answer.status >= 500 && problem.requestId) problem.detail += '（请求编号 ' + problem.requestId + '）';
    throw problem;
  }

  // leave goes to another page, which tells the words.
  function leave(to, words) {
    if (words) sessionStorage.setItem('told', words);
    location.assign(to);
  }

  // lost leads to the log-in page where the session has ended.
  function lost(problem) {
    if (problem.status === 401) leave('/h5/login?next=' + encodeURIComponent(location.pathname));
    return problem.status === 401;
  }

  const told = one('#told'), words = sessionStorage.getItem('told');
  if (told && words) {
    told.textContent = words;
    told.hidden = false;
    sessionStorage.removeItem('told');
  }
  return { one, all, call, leave, lost };
})();
