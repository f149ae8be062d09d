package main

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"shixi/handlers"
	"shixi/internship"
)

// kind is one type of settings: it gives the value for the field. Its error completes the sentence that begins with the
// setting's name, says what to set, and never holds the text, which may be a secret that landed in the wrong place.
type kind func(text string) (value any, err error)

// settingKinds are the kinds that the tags of [Settings] name. Nothing writes to it.
var settingKinds = map[string]kind{
	"listen":       parseListen,
	"loopback":     parseLoopback,
	"public-url":   parsePublicURL,
	"api-base":     parseAPIBase,
	"service-url":  parseServiceURL,
	"bearer":       sealed(`^[0-9A-Za-z._~+/-]{16,512}=*$`, "must be the 16 to 512 characters of a bearer token"),
	"mongodb-uri":  parseMongoDBURI,
	"redis-url":    parseRedisURL,
	"prefixes":     parsePrefixes,
	"hosts":        parseHosts,
	"verify-files": parseVerifyFiles,
	"dir":          parseDir,
	"file":         parseFile,
	"secret-file":  parseFile,
	"keyset":       parseKeyset,
	"appid":        matching(`^wx[0-9a-f]{16}$`, "must be wx and 16 digits or letters a to f"),
	"app-secret":   sealed(`^[0-9a-f]{32}$`, "must be 32 digits or letters a to f, as WeChat shows it once"),
	"token":        sealed(`^[0-9A-Za-z]{3,32}$`, "must be 3 to 32 letters and digits, as entered at WeChat"),
	"aes-key":      parseAESKey,
	"switch":       matching(`^(on|off)$`, "must be on or off"),
	"mode":         matching(`^(safe|plain)$`, "must be safe or plain"),
	"sms-by":       matching(`^(tencent|alibaba|console)$`, "must be tencent, alibaba or console"),
	"sms-key":      sealed(`^[0-9A-Za-z]{10,64}$`, "must be the 10 to 64 letters and digits of the key's id"),
	"sms-secret":   sealed(`^[0-9A-Za-z]{16,128}$`, "must be the 16 to 128 letters and digits of the key's secret"),
	"sms-app":      matching(`^[0-9]{6,12}$`, "must be the SdkAppId, a number such as 1400006666"),
	"words":        parseWords,
	"share":        matching(`^(warn|block)$`, "must be warn or block"),
	"log-level":    parseLogLevel,
	"quiet-hours":  parseQuietHours,
	"grace":        duration(time.Second, 5*time.Minute, "must be a time between 1s and 5m, such as 20s"),
	"concurrency":  number(1, 1000, "must be a number from 1 to 1000"),
	"megabytes":    number(1, 20, "must be a number of megabytes from 1 to 20"),
	"limit":        number(1, 1_000_000, "must be a number from 1 to 1000000"),
}

func matching(pattern, want string) kind {
	expression := regexp.MustCompile(pattern)
	return func(text string) (any, error) {
		if !expression.MatchString(text) {
			return nil, errors.New(want)
		}
		return text, nil
	}
}

// sealed is matching for secrets.
func sealed(pattern, want string) kind {
	match := matching(pattern, want)
	return func(text string) (any, error) {
		if _, err := match(text); err != nil {
			return nil, err
		}
		return NewSecret(text), nil
	}
}

func number(least, most int, want string) kind {
	return func(text string) (any, error) {
		n, err := strconv.Atoi(text)
		if err != nil || n < least || n > most {
			return nil, errors.New(want)
		}
		return n, nil
	}
}

func duration(least, most time.Duration, want string) kind {
	return func(text string) (any, error) {
		d, err := time.ParseDuration(text)
		if err != nil || d < least || d > most {
			return nil, errors.New(want)
		}
		return d, nil
	}
}

// aesKeyBytes is the length of the key that 43 characters of base64 hold (wechat.md §4.1).
const aesKeyBytes = 32

func parseAESKey(text string) (any, error) {
	key, err := base64.StdEncoding.DecodeString(text + "=")
	if len(text) != 43 || err != nil || len(key) != aesKeyBytes {
		return nil, errors.New("must be the 43 characters of the EncodingAESKey, as entered at WeChat")
	}
	return NewSecret(text), nil
}

// parseKeyset checks the frame of a keyset. Its keys are checked by the store, which uses them.
func parseKeyset(text string) (any, error) {
	wrong := errors.New("must be the JSON that wx keyset prints")
	var sets map[string]struct {
		PrimaryKeyID *uint32           `json:"primaryKeyId"`
		Key          []json.RawMessage `json:"key"`
	}
	if err := json.Unmarshal([]byte(text), &sets); err != nil || len(sets) != 2 {
		return nil, wrong
	}
	for _, name := range []string{"aead", "prf"} {
		if sets[name].PrimaryKeyID == nil || len(sets[name].Key) == 0 {
			return nil, wrong
		}
	}
	return NewSecret(text), nil
}

// maxWords bounds a text that people read.
const maxWords = 100

// parseWords takes what any form takes: one line, all of which can be seen.
func parseWords(text string) (any, error) {
	words := internship.Clean(text)
	line := internship.Form{Fields: []internship.Field{{Name: "words", Required: true, Max: maxWords}}}
	if len(line.Check(map[string]string{"words": words})) > 0 {
		return nil, fmt.Errorf("must be one line of at most %d characters, all of which can be seen", maxWords)
	}
	return words, nil
}

func parseLogLevel(text string) (any, error) {
	levels := map[string]slog.Level{"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError}
	level, ok := levels[strings.ToLower(text)]
	if !ok {
		return nil, errors.New("must be debug, info, warn or error")
	}
	return level, nil
}

var quietHoursPattern = regexp.MustCompile(`^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)$`)

func parseQuietHours(text string) (any, error) {
	if text == "off" {
		return QuietHours{}, nil
	}
	parts := quietHoursPattern.FindStringSubmatch(text)
	if parts == nil {
		return nil, errors.New("must be two times of day, such as 22:00-07:00, or off")
	}
	q := QuietHours{From: sinceMidnight(parts[1], parts[2]), To: sinceMidnight(parts[3], parts[4])}
	if q.Off() {
		return nil, errors.New("begins and ends at the same time: set off for no quiet hours, or two different times")
	}
	return q, nil
}

// sinceMidnight reads digits that quietHoursPattern has matched.
func sinceMidnight(hour, minute string) time.Duration {
	h, _ := strconv.Atoi(hour)
	m, _ := strconv.Atoi(minute)
	return time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
}

// parseDir takes a folder that exists, or that can be made in one that does.
func parseDir(text string) (any, error) {
	info, err := os.Stat(text)
	if os.IsNotExist(err) {
		info, err = os.Stat(filepath.Dir(filepath.Clean(text)))
		if err != nil || !info.IsDir() {
			return nil, errors.New("names a folder in one that does not exist: make that first")
		}
		return text, nil
	}
	if err != nil {
		return nil, errors.New("names a folder that can't be used: " + withoutPath(err).Error())
	}
	if !info.IsDir() {
		return nil, errors.New("must name a folder, and names a file")
	}
	return text, nil
}

// largestFile fits the keys of thousands of schools, as much as LoadPartnerKeys reads.
const largestFile = 1 << 20

// parseFile takes the path of a file that can be read. What is in it is for its user to judge.
func parseFile(text string) (any, error) {
	content, _, err := readFile(text, largestFile)
	if err != nil {
		return nil, errors.New("names a file that can't be used: " + err.Error())
	}
	if strings.TrimSpace(content) == "" {
		return nil, errors.New("names an empty file")
	}
	return text, nil
}

var hostPattern = regexp.MustCompile(`^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)+(:[1-9][0-9]{0,4})?$`)

// parseHosts takes hosts as they stand in an address, in lower case.
func parseHosts(text string) (any, error) {
	var hosts []string
	for part := range strings.SplitSeq(text, ",") {
		host := strings.ToLower(strings.TrimSpace(part))
		if !hostPattern.MatchString(host) {
			return nil, errors.New("must be host names with commas, such as h5.example.com,www.example.com:8443, without https://")
		}
		hosts = append(hosts, host)
	}
	return hosts, nil
}

// parseVerifyFiles takes name=content pairs.
func parseVerifyFiles(text string) (any, error) {
	files := VerifyFiles{}
	for part := range strings.SplitSeq(text, ",") {
		name, content, _ := strings.Cut(strings.TrimSpace(part), "=")
		if _, twice := files[name]; twice || handlers.CheckVerifyFile(name, content) != nil {
			return nil, errors.New("must be pairs such as MP_verify_0123456789abcdef.txt=0123456789abcdef with commas, each name once, as WeChat gives them out")
		}
		files[name] = content
	}
	return files, nil
}
