package store

import "testing"

func TestDatabaseIsThatOfTheURI(t *testing.T) {
	t.Parallel()
	for uri, want := range map[string]string{
		"mongodb://127.0.0.1:27017":                       "shixi",
		"mongodb://127.0.0.1:27017/?replicaSet=rs0":       "shixi",
		"mongodb://a:1,b:2,c:3/province?replicaSet=rs0":   "province",
		"mongodb+srv://user:pa@cluster.example.com/other": "other",
	} {
		if got := databaseOf(uri); got != want {
			t.Errorf("%s: %s, want %s", uri, got, want)
		}
	}
}
