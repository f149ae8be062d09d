package tasks

// Names of the fail points: each stands right after what it names.
const (
	failRelayRead     = "relay.read"     // the outbox was read
	failRelayEvents   = "relay.events"   // the events' rows are written
	failRelayJobs     = "relay.jobs"     // the jobs' rows are written
	failRelayPushes   = "relay.pushes"   // the pushes' rows are written
	failRelayMoot     = "relay.moot"     // what tells nothing any more is suppressed
	failRelayEnqueued = "relay.enqueued" // the workers are woken
	failRelayTaken    = "relay.taken"    // the events are out of the outbox

	failNumbered = "events.numbered" // the events have their numbers, no subscriber knows of them
	failTold     = "events.told"     // the subscribers' rows know of them, no worker is woken

	failJobClaimed = "job.claimed"
	failJobPage    = "job.page"  // a page of the reaction is done
	failJobNoted   = "job.noted" // and the row says so
	failJobSaved   = "job.saved"

	failPushClaimed  = "push.claimed"
	failPushAccount  = "push.account"  // the recipient was read
	failPushPaced    = "push.paced"    // Redis gave leave
	failPushAbsorbed = "push.absorbed" // what it stands for is counted, others are merged into it
	failPushNoted    = "push.noted"    // openid and count are in the row
	failPushReady    = "push.ready"    // the message is made, the call comes next
	failPushSent     = "push.sent"     // WeChat answered
	failPushSaved    = "push.saved"    // the outcome is in the row

	failSMSClaimed = "sms.claimed"
	failSMSStarted = "sms.started" // the row says that the call comes next
	failSMSSent    = "sms.sent"    // the provider answered
	failSMSSaved   = "sms.saved"

	failHookClaimed = "webhook.claimed"
	failHookRead    = "webhook.read"   // the batch is made, the call comes next
	failHookPosted  = "webhook.posted" // the receiver answered
	failHookSaved   = "webhook.saved"  // the cursor or the failure is in the row
)

// FailPoints lists the names that Options.FailPoint is called with.
func FailPoints() []string {
	return []string{
		failRelayRead, failRelayEvents, failRelayJobs, failRelayPushes, failRelayMoot, failRelayEnqueued, failRelayTaken,
		failNumbered, failTold,
		failJobClaimed, failJobPage, failJobNoted, failJobSaved,
		failPushClaimed, failPushAccount, failPushPaced, failPushAbsorbed, failPushNoted, failPushReady, failPushSent, failPushSaved,
		failSMSClaimed, failSMSStarted, failSMSSent, failSMSSaved,
		failHookClaimed, failHookRead, failHookPosted, failHookSaved,
	}
}

// reach is where a test may let the process die.
func (c *common) reach(name string) error {
	if c.FailPoint == nil {
		return nil
	}
	return c.FailPoint(name)
}
