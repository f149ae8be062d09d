package shixi_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// layer says what a package, and those below it, may import (design.md §2): dependencies point inwards only.
type layer struct {
	pkg     string
	ours    []string // packages of ours, each with those below it; its own are always allowed
	stdOnly bool     // no module at all
	only    []string // when there are any: no other modules than these
	never   []string // modules it must not know
}

const (
	fiber      = "github.com/gofiber/fiber"
	huma       = "github.com/danielgtaylor/huma"
	asynq      = "github.com/hibiken/asynq"
	redis      = "github.com/redis/go-redis"
	mongo      = "go.mongodb.org/mongo-driver"
	tink       = "github.com/tink-crypto/tink-go"
	btree      = "github.com/tidwall/btree"
	pdfcpu     = "github.com/pdfcpu/pdfcpu"
	xsync      = "golang.org/x/sync"
	silenceper = "github.com/silenceper/wechat"
	goCaptcha  = "github.com/wenlng/go-captcha"
)

// Only cmd and docs, which tie and describe the whole, may import everything. Imports of test files are free.
var layers = []layer{
	{pkg: "internship", stdOnly: true},
	{pkg: "logs", stdOnly: true},
	{pkg: "store", ours: []string{"internship", "logs"}, only: []string{mongo, tink, btree}},
	{pkg: "papers", only: []string{pdfcpu, xsync}},
	{pkg: "acts", ours: []string{"internship", "store", "logs", "captcha", "papers"}, never: []string{fiber, huma, asynq, redis, mongo, silenceper}},
	{pkg: "wxmsg", never: []string{fiber, huma, asynq, mongo}},
	{pkg: "captcha", only: []string{goCaptcha, goCaptcha + "-assets"}},
	{pkg: "registry", never: []string{fiber, huma, asynq, mongo, silenceper}},
	{pkg: "insurer", never: []string{fiber, huma, asynq, mongo, silenceper}},
	{pkg: "sms", never: []string{fiber, huma, asynq, mongo, silenceper}},
	{pkg: "webhook", stdOnly: true},
	{pkg: "handlers", ours: []string{"acts", "store", "internship", "logs", "wxmsg", "insurer", "sms", "webhook"}, never: []string{mongo, asynq, silenceper}},
	{pkg: "tasks", ours: []string{"acts", "store", "internship", "logs", "wxmsg", "insurer", "sms", "webhook"}, never: []string{fiber, huma, mongo, silenceper}},
}

// free are the packages without a layer.
var free = []string{"shixi", "shixi/cmd", "shixi/docs"}

// goPackage is what go list tells of a package.
type goPackage struct {
	ImportPath string
	Standard   bool
	Imports    []string
}

func TestImportsPointInwards(t *testing.T) {
	t.Parallel()
	readFolders(t)
	for _, violation := range violations(layers, listPackages(t)) {
		t.Error(violation)
	}
}

// readFolders looks at every folder of the module, so that go test knows what this test depends on: it sees what a test
// reads itself, not what go list reads, and would answer from its cache when imports have changed.
func readFolders(t *testing.T) {
	t.Helper()
	err := filepath.WalkDir(".", func(path string, entry fs.DirEntry, err error) error {
		switch {
		case err != nil || !entry.IsDir():
			return err
		case path != "." && strings.HasPrefix(entry.Name(), "."), path == "data":
			return fs.SkipDir
		}
		_, err = os.ReadDir(path)
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) { // an editor's passing file
		t.Fatal(err)
	}
}

// listPackages asks once for all packages of the module and all they need.
func listPackages(t *testing.T) (packages []goPackage) {
	t.Helper()
	command := exec.CommandContext(t.Context(), "go", "list", "-deps", "-json=ImportPath,Standard,Imports", "./...")
	var stderr bytes.Buffer
	command.Stderr = &stderr
	out, err := command.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, stderr.String())
	}
	decoder := json.NewDecoder(bytes.NewReader(out))
	for {
		var p goPackage
		if err := decoder.Decode(&p); errors.Is(err, io.EOF) {
			return packages
		} else if err != nil {
			t.Fatalf("go list: %v", err)
		}
		packages = append(packages, p)
	}
}

// violations are sentences about the imports that the layers forbid. A layer without packages forbids nothing.
func violations(layers []layer, packages []goPackage) (found []string) {
	standard := map[string]bool{"C": true, "unsafe": true}
	for _, p := range packages {
		standard[p.ImportPath] = standard[p.ImportPath] || p.Standard
	}
	for _, p := range packages {
		if !within(p.ImportPath, "shixi") || withinAny(p.ImportPath, free[1:]) || p.ImportPath == free[0] {
			continue
		}
		l := slices.IndexFunc(layers, func(l layer) bool { return within(p.ImportPath, "shixi/"+l.pkg) })
		if l < 0 {
			found = append(found, p.ImportPath+" belongs to no layer: say in imports_test.go what it may import")
			continue
		}
		for _, path := range p.Imports {
			if why := layers[l].forbids(p.ImportPath, path, standard[path]); why != "" {
				found = append(found, fmt.Sprintf("%s imports %s: %s", p.ImportPath, path, why))
			}
		}
	}
	return found
}

// forbids tells why importer, which belongs to the layer, must not import path; "" when it may.
func (l *layer) forbids(importer, path string, standard bool) string {
	switch {
	case standard:
		return ""
	case within(path, "shixi"):
		return l.forbidsOurs(importer, path)
	case l.stdOnly:
		return l.pkg + " knows the standard library only"
	case withinAny(path, l.never):
		return l.pkg + " must not know that module"
	case len(l.only) > 0 && !withinAny(path, l.only) && !isTestSupport(importer):
		return l.pkg + " knows " + strings.Join(l.only, ", ") + " only"
	}
	return ""
}

func (l *layer) forbidsOurs(importer, path string) string {
	if isTestSupport(path) && !isTestSupport(importer) {
		return "what supports tests is for tests"
	}
	if within(path, "shixi/"+l.pkg) {
		return ""
	}
	for _, allowed := range l.ours {
		if within(path, "shixi/"+allowed) {
			return ""
		}
	}
	if len(l.ours) == 0 {
		return l.pkg + " knows nothing of ours"
	}
	return l.pkg + " knows of ours " + strings.Join(l.ours, ", ") + " only"
}

// isTestSupport tells packages that only tests use, such as store/storetest.
func isTestSupport(path string) bool {
	return strings.HasSuffix(path, "test") || strings.HasSuffix(path, "/conformance")
}

func withinAny(path string, roots []string) bool {
	return slices.ContainsFunc(roots, func(root string) bool { return within(path, root) })
}

func within(path, root string) bool {
	rest, ok := strings.CutPrefix(path, root)
	return ok && (rest == "" || rest[0] == '/')
}

// The checker must be able to fail, each rule for itself.
func TestImportCheckerFails(t *testing.T) {
	t.Parallel()
	for _, tc := range []struct{ importer, path, want string }{
		{"shixi/internship", "shixi/store", "nothing of ours"},
		{"shixi/internship", "shixi/logs", "nothing of ours"},
		{"shixi/internship", "golang.org/x/text", "standard library only"},
		{"shixi/logs", "shixi/internship", "nothing of ours"},
		{"shixi/store", "shixi/acts", "internship, logs only"},
		{"shixi/store", fiber + "/v2", "mongo-driver"},
		{"shixi/store/embedded", asynq, "mongo-driver"},
		{"shixi/store", "shixi/store/storetest", "for tests"},
		{"shixi/acts", "shixi/handlers", "of ours internship, store, logs, "},
		{"shixi/acts", "shixi/wxmsg", "of ours internship, store, logs, "},
		{"shixi/acts", mongo + "/v2/bson", "must not know"},
		{"shixi/handlers", "shixi/tasks", "of ours"},
		{"shixi/handlers", "shixi/cmd/wx", "of ours"},
		{"shixi/handlers", mongo + "/v2/mongo", "must not know"},
		{"shixi/handlers", silenceper + "/v2/util", "must not know"},
		{"shixi/tasks", "shixi/handlers/partnerapi", "of ours"},
		{"shixi/tasks", fiber + "/v2", "must not know"},
		{"shixi/wxmsg", "shixi/internship", "nothing of ours"},
		{"shixi/wxmsg/wxsim", "shixi/store", "nothing of ours"},
		{"shixi/captcha", "shixi/internship", "nothing of ours"},
		{"shixi/captcha", fiber + "/v2", "go-captcha"},
		{"shixi/registry", "shixi/internship", "nothing of ours"},
		{"shixi/insurer", "shixi/logs", "nothing of ours"},
		{"shixi/sms", "shixi/internship", "nothing of ours"},
		{"shixi/webhook", "shixi/handlers/partnerapi", "nothing of ours"},
		{"shixi/unheard", "fmt", "no layer"},
	} {
		found := violations(layers, []goPackage{{ImportPath: tc.importer, Imports: []string{tc.path}}, {ImportPath: "fmt", Standard: true}})
		if len(found) != 1 || !strings.Contains(found[0], tc.want) {
			t.Errorf("%s imports %s: found %q, want one with %q", tc.importer, tc.path, found, tc.want)
		}
	}
}

func TestImportCheckerPasses(t *testing.T) {
	t.Parallel()
	packages := []goPackage{
		{ImportPath: "fmt", Standard: true},
		{ImportPath: "shixi/internship", Imports: []string{"fmt", "unsafe"}},
		{ImportPath: "shixi/store", Imports: []string{mongo + "/v2/bson", tink + "/v2/aead", "shixi/internship"}},
		{ImportPath: "shixi/store/storetest", Imports: []string{"shixi/store", "shixi/store/embedded", "github.com/google/go-cmp/cmp"}},
		{ImportPath: "shixi/acts/actstest", Imports: []string{"shixi/store/storetest"}},
		{ImportPath: "shixi/wxmsg/wxsim", Imports: []string{"shixi/wxmsg"}},
		{ImportPath: "shixi/cmd/wx", Imports: []string{"shixi/handlers", "shixi/tasks", fiber + "/v2"}},
		{ImportPath: "shixi", Imports: []string{fiber + "/v2"}},
		{ImportPath: "example.com/shixi/internship", Imports: []string{"example.com/x"}},
	}
	if diff := cmp.Diff([]string(nil), violations(layers, packages)); diff != "" {
		t.Errorf("violations (-want, +got):\n%s", diff)
	}
}

// Each direct dependency has its reason in docs/dependencies.md, and each line there is of a direct dependency.
func TestDependenciesHaveReasons(t *testing.T) {
	t.Parallel()
	out, err := exec.CommandContext(t.Context(), "go", "mod", "edit", "-json").Output()
	if err != nil {
		t.Fatalf("go mod edit: %v", err)
	}
	var mod struct {
		Require []struct {
			Path     string
			Indirect bool
		}
	}
	if err := json.Unmarshal(out, &mod); err != nil {
		t.Fatalf("go mod edit: %v", err)
	}
	var want []string
	for _, require := range mod.Require {
		if !require.Indirect {
			want = append(want, withoutMajor(require.Path))
		}
	}
	text, err := os.ReadFile("docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(want)
	if diff := cmp.Diff(want, dependencyRows(string(text))); diff != "" {
		t.Errorf("docs/dependencies.md against go.mod (-go.mod, +docs):\n%s", diff)
	}
}

// withoutMajor drops the /v2 at the end of a module's path.
func withoutMajor(path string) string {
	if at := strings.LastIndex(path, "/v"); at >= 0 && strings.Trim(path[at+2:], "0123456789") == "" {
		return path[:at]
	}
	return path
}

// dependencyRows are the modules of the table's rows that give a reason and an alternative.
func dependencyRows(text string) (modules []string) {
	for line := range strings.Lines(text) {
		cells := strings.Split(strings.Trim(strings.TrimSpace(line), "|"), "|")
		if name := strings.TrimSpace(cells[0]); len(cells) == 3 && strings.HasPrefix(name, "`") {
			if len(strings.TrimSpace(cells[1])) > 20 && len(strings.TrimSpace(cells[2])) > 20 {
				modules = append(modules, strings.Trim(name, "`"))
			}
		}
	}
	slices.Sort(modules)
	return modules
}
