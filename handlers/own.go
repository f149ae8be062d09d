package handlers

import (
	"net/url"
	"path"
	"slices"
	"strings"
)

const (
	// homePage is where a browser goes that named no page of ours.
	homePage = "/h5/"
	// logInPage is where a person logs in whom WeChat told, but no account knows.
	logInPage = "/h5/login"
	// longestPlace bounds an address that a browser carries along in a cookie.
	longestPlace = 512
)

// ownPlace is a page of ours that a browser may be sent to: a path, or an
// absolute address on one of our hosts. Anything that a browser may read in
// another way than we do is refused: an open redirect lends our name to others.
func (a *App) ownPlace(place string) (string, bool) {
	if place == "" || len(place) > longestPlace || strings.ContainsFunc(place, unclear) {
		return "", false
	}
	u, err := url.Parse(place)
	if err != nil || u.Opaque != "" || u.User != nil {
		return "", false
	}
	if !strings.HasPrefix(u.Path, "/") || strings.HasPrefix(u.Path, "//") || strings.ContainsFunc(u.Path, unclear) {
		return "", false
	}
	for _, machine := range []string{"/api", "/partner", "/wx/oauth", "/wx/callback"} {
		if p := path.Clean(u.Path); p == machine || strings.HasPrefix(p, machine+"/") {
			return "", false
		}
	}
	if bare := u.Scheme == "" && u.Host == "" && strings.HasPrefix(place, "/"); !bare && !a.ownPage(u) {
		return "", false
	}
	return u.String(), true
}

// unclear are the characters that browsers drop, or take for others.
func unclear(r rune) bool { return r <= ' ' || r > '~' || r == '\\' }

// placeOr is ownPlace, or the home page.
func (a *App) placeOr(place string) string {
	if own, ok := a.ownPlace(place); ok {
		return own
	}
	return homePage
}

// ownPage says whether an absolute address is on one of our hosts, reached as
// we are.
func (a *App) ownPage(u *url.URL) bool {
	public := a.options.PublicURL
	if public != nil && strings.EqualFold(u.Host, public.Host) && u.Scheme == public.Scheme {
		return true
	}
	return u.Scheme == "https" && slices.Contains(a.options.PageHosts, strings.ToLower(u.Host))
}
