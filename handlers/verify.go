package handlers

import (
	"fmt"
	"net/http"
	"regexp"

	"github.com/gofiber/fiber/v2"
)

// verifyName is how WeChat names the files by which it makes sure that a domain
// is ours: MP_verify_… for the 服务号, other letters and digits for the
// mini-program (wechat.md §5.1).
var verifyName = regexp.MustCompile(`^(MP_verify_[A-Za-z0-9]{16}|[A-Za-z0-9]{1,64})\.txt$`)

// verifyContent is what stands in such a file.
var verifyContent = regexp.MustCompile(`^[A-Za-z0-9_-]{1,128}$`)

// CheckVerifyFile says whether a name and its content can be a domain
// verification file of WeChat's.
func CheckVerifyFile(name, content string) error {
	if !verifyName.MatchString(name) {
		return fmt.Errorf("%q is no name of a verification file: MP_verify_ and 16 letters or digits, or letters and digits alone, and .txt", name)
	}
	if !verifyContent.MatchString(content) {
		return fmt.Errorf("the content of %s is not 1 to 128 letters, digits, _ or -", name)
	}
	return nil
}

// verifyRoutes serves the verification files at the root of the site.
func (a *App) verifyRoutes() {
	for name, content := range a.options.VerifyFiles {
		if CheckVerifyFile(name, content) != nil {
			continue // the settings have refused it
		}
		a.fiber.Get("/"+name, func(c *fiber.Ctx) error {
			c.Set(fiber.HeaderContentType, "text/plain; charset=utf-8")
			return c.Status(http.StatusOK).SendString(content)
		})
	}
}
