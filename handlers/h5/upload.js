'use strict';
// A chosen file is uploaded at once; the form then holds the file's id. Where it
// held one from the beginning, that one stays while there is no other.
(() => {
  const { one, all, call, fail, passes } = shixi;
  for (const input of all('[data-upload]')) {
    const field = input.closest('.field'), id = one('[type=hidden]', field), output = one('output', field);
    const form = input.form, button = one('button.main', form), most = Number(input.dataset.most);
    const kept = { id: id.value, says: output.textContent };

    async function upload(file) {
      if (file.size > most) throw { detail: '文件不能超过 ' + Math.floor(most / 1048576) + ' MB，请压缩后重新选择' };
      output.textContent = '正在上传…';
      const body = new FormData();
      body.append('kind', input.dataset.upload);
      body.append('file', file);
      const pass = form.dataset.pass; // without one the session's cookie says who it is
      return call('POST', form.dataset.uploads, body, pass && { Authorization: 'Bearer ' + passes.get(pass) });
    }

    let latest = 0; // where one is chosen while another is on its way, the later one counts
    input.addEventListener('change', async () => {
      const mine = ++latest, file = input.files[0];
      field.classList.remove('wrong');
      input.removeAttribute('aria-invalid');
      one('em', field).textContent = '';
      id.value = kept.id;
      output.textContent = kept.says;
      button.disabled = Boolean(file);
      if (!file) return;
      try {
        const stored = await upload(file);
        if (mine !== latest) return;
        id.value = stored.id;
        output.textContent = '已上传：' + file.name;
      } catch (problem) {
        if (mine !== latest) return;
        input.value = '';
        output.textContent = kept.says;
        fail(form, problem.code === 'pass.invalid' ? problem : { errors: [{ field: field.dataset.field, message: problem.detail }] });
      } finally {
        if (mine === latest) button.disabled = false;
      }
    });
  }
})();
