'use strict';
// A chosen file is uploaded at once; the form then holds the file's id.
(() => {
  const { one, all, call, fail, passes } = shixi;
  for (const input of all('[data-upload]')) {
    const field = input.closest('.field'), id = one('[type=hidden]', field), output = one('output', field);
    const form = input.form, button = one('button.main', form), most = Number(input.dataset.most);

    async function upload(file) {
      if (file.size > most) throw { detail: '文件不能超过 ' + Math.floor(most / 1048576) + ' MB，请压缩后重新选择' };
      output.textContent = '正在上传…';
      const body = new FormData();
      body.append('kind', input.dataset.upload);
      body.append('file', file);
      return call('POST', form.dataset.uploads, body, { Authorization: 'Bearer ' + passes.get(form.dataset.pass) });
    }

    input.addEventListener('change', async () => {
      field.classList.remove('wrong');
      input.removeAttribute('aria-invalid');
      one('em', field).textContent = id.value = output.textContent = '';
      if (!input.files.length) return;
      button.disabled = true;
      try {
        id.value = (await upload(input.files[0])).id;
        output.textContent = '已上传：' + input.files[0].name;
      } catch (problem) {
        input.value = output.textContent = '';
        fail(form, problem.code === 'pass.invalid' ? problem : { errors: [{ field: field.dataset.field, message: problem.detail }] });
      } finally {
        button.disabled = false;
      }
    });
  }
})();
