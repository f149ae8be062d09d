package tasks

import (
	"context"
	"fmt"
	"time"

	"github.com/redis/go-redis/v9"
)

// Keys of the pacing shared by all replicas. The hash tag keeps them on one
// node of a cluster, so that one script may use them.
const (
	quotaKey  = "{shixi:push}:quota"
	paceKey   = "{shixi:push}:pace"
	burstKeys = "{shixi:push}:burst:" // + account:kind
)

const (
	// paceSlack is how much of the rate may be used at once after a pause.
	paceSlack = time.Second
	// paceWait is how long a worker waits for its turn; beyond that the row does.
	paceWait = 2 * time.Second
	// heldFor keeps the count of held messages a while beyond their hour: longer
	// than quotaSpread.
	heldFor = 10 * time.Minute
	// paceTimeout: a Redis that does not answer must not hold a message up.
	paceTimeout = 2 * time.Second
)

// paceScript decides whether a message may leave now.
//
// KEYS[1] -> the quota breaker: the instant until which it is open
// KEYS[2] -> the pace: the instant at which the rate is used up to
// KEYS[3] -> the burst of the recipient and kind: until, id of the message that
// opened it, number of messages held since
// --
// ARGV[1] -> now, in ms
// ARGV[2] -> id of the push
// ARGV[3] -> 1 if it may be held for quiet hours and bursts, else 0
// ARGV[4] -> end of the quiet hours in ms, 0 outside them
// ARGV[5] -> length of a burst in ms, 0 for none
// ARGV[6] -> µs between two messages
// ARGV[7] -> µs of the rate that may be used at once
// ARGV[8] -> longest wait that is granted, in µs
// ARGV[9] -> ms to keep a burst beyond its end
//
// Returns {verdict, n, held}:
// {"quota", until in ms, rank} the breaker is open; the rank as of held
// {"held", until in ms, rank} wait for the end of the burst or the quiet hours; rank
// 1 is the first to be held, 0 is none
// {"pace", ms to wait, 0} the rate is used up
// {"go", ms to wait, held} it may leave after the wait; held others wait to be
// merged into it
const paceScript = `
local now = tonumber(ARGV[1])
local fresh = ARGV[3] == "1"
local function hold(verdict, till)
  if not fresh then return {verdict, till, 0} end
  local rank = redis.call("HINCRBY", KEYS[3], "held", 1)
  redis.call("PEXPIRE", KEYS[3], math.max(1, till - now) + tonumber(ARGV[9]))
  return {verdict, till, rank}
end

local quota = tonumber(redis.call("GET", KEYS[1]) or "0")
if quota > now then return hold("quota", quota) end

local held = 0
if fresh then
  local quiet = tonumber(ARGV[4])
  if quiet > 0 then return hold("held", quiet) end
  local burst = redis.call("HMGET", KEYS[3], "until", "id", "held")
  local till = tonumber(burst[1] or "0")
  if till > now and burst[2] ~= ARGV[2] then return hold("held", till) end
  held = tonumber(burst[3] or "0")
end

local micros = now * 1000
local used = math.max(tonumber(redis.call("GET", KEYS[2]) or "0"), micros)
local wait = math.max(0, used - micros - tonumber(ARGV[7]))
if wait > tonumber(ARGV[8]) then return {"pace", math.ceil(wait / 1000), 0} end
redis.call("SET", KEYS[2], string.format("%.0f", used + tonumber(ARGV[6])), "PX", 60000)

local length = tonumber(ARGV[5])
if fresh and length > 0 then
  redis.call("HSET", KEYS[3], "until", string.format("%.0f", now + length), "id", ARGV[2], "held", 0)
  redis.call("PEXPIRE", KEYS[3], length + tonumber(ARGV[9]))
end
return {"go", math.ceil(wait / 1000), held}
`

// pacer shares the daily quota, the rate and the bursts among replicas.
type pacer struct {
	redis     redis.UniversalClient
	script    *redis.Script
	burst     time.Duration
	perMinute int
}

func newPacer(r redis.UniversalClient, burst time.Duration, perMinute int) *pacer {
	return &pacer{redis: r, script: redis.NewScript(paceScript), burst: max(0, burst), perMinute: perMinute}
}

// leave is the answer of the pacing; see paceScript.
type leave struct {
	verdict string
	until   time.Time     // of "quota" and "held"
	wait    time.Duration // of "go" and "pace"
	held    int           // of "go": others to merge; of the others: the rank
}

// behind lets the first one that is held come first, to take the others along.
func (l leave) behind(until time.Time) time.Time {
	if l.held > 1 {
		return until.Add(heldBehind)
	}
	return until
}

const (
	verdictGo    = "go"
	verdictHeld  = "held"
	verdictPace  = "pace"
	verdictQuota = "quota"
)

// ask asks for leave to send a push. fresh pushes may be held until the end of
// the quiet hours (zero: none) or of a burst.
func (p *pacer) ask(ctx context.Context, id, recipient, kind string, now time.Time, fresh bool, quiet time.Time) (leave, error) {
	ctx, cancel := context.WithTimeout(ctx, paceTimeout)
	defer cancel()
	var quietMillis int64
	if !quiet.IsZero() {
		quietMillis = quiet.UnixMilli()
	}
	res, err := p.script.Run(ctx, p.redis, []string{quotaKey, paceKey, burstKeys + recipient + ":" + kind},
		now.UnixMilli(), id, flag(fresh), quietMillis, p.burst.Milliseconds(),
		time.Minute.Microseconds()/int64(p.perMinute), paceSlack.Microseconds(), paceWait.Microseconds(), heldFor.Milliseconds()).Slice()
	if err != nil {
		return leave{}, fmt.Errorf("tasks: pacing: %w", err)
	}
	return parseLeave(res)
}

func flag(yes bool) int {
	if yes {
		return 1
	}
	return 0
}

func parseLeave(res []any) (leave, error) {
	if len(res) != 3 {
		return leave{}, fmt.Errorf("tasks: pacing: answer of %d parts", len(res))
	}
	verdict, ok1 := res[0].(string)
	n, ok2 := res[1].(int64)
	held, ok3 := res[2].(int64)
	if !ok1 || !ok2 || !ok3 {
		return leave{}, fmt.Errorf("tasks: pacing: answer %T %T %T", res[0], res[1], res[2])
	}
	l := leave{verdict: verdict, held: int(held)}
	switch verdict {
	case verdictHeld, verdictQuota:
		l.until = time.UnixMilli(n)
	default:
		l.wait = time.Duration(n) * time.Millisecond
	}
	return l, nil
}

// stop opens the quota breaker for all replicas until an instant.
func (p *pacer) stop(ctx context.Context, now, until time.Time) error {
	ctx, cancel := context.WithTimeout(ctx, paceTimeout)
	defer cancel()
	if err := p.redis.Set(ctx, quotaKey, until.UnixMilli(), max(time.Millisecond, until.Sub(now))).Err(); err != nil {
		return fmt.Errorf("tasks: quota breaker: %w", err)
	}
	return nil
}
