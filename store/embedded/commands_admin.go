package embedded

import (
	"runtime"

	"go.mongodb.org/mongo-driver/v2/bson"
	"go.mongodb.org/mongo-driver/v2/x/bsonx/bsoncore"
)

// serverVersion is the MongoDB version whose behaviour the engine follows, and
// wireVersion its number on the wire.
const (
	serverVersion = "7.0.0"
	wireVersion   = 21
)

// hello answers the handshake as a standalone server without sessions.
func (cmd *command) hello(out []byte) ([]byte, error) {
	primary := "ismaster"
	if cmd.name == "hello" {
		primary = "isWritablePrimary"
	}
	out = bsoncore.AppendBooleanElement(out, "helloOk", true)
	out = bsoncore.AppendBooleanElement(out, primary, true)
	out = bsoncore.AppendInt32Element(out, "maxBsonObjectSize", maxDocument)
	out = bsoncore.AppendInt32Element(out, "maxMessageSizeBytes", maxMessage)
	out = bsoncore.AppendInt32Element(out, "maxWriteBatchSize", maxWriteBatch)
	out = bsoncore.AppendDateTimeElement(out, "localTime", cmd.srv.now().UnixMilli())
	out = bsoncore.AppendInt32Element(out, "connectionId", cmd.conn.id)
	out = bsoncore.AppendInt32Element(out, "minWireVersion", 0)
	out = bsoncore.AppendInt32Element(out, "maxWireVersion", wireVersion)
	return bsoncore.AppendBooleanElement(out, "readOnly", false), nil
}

// adminHandler finds the commands that shells and monitors send on connecting.
func adminHandler(name string) handler {
	switch name {
	case "ping", "endSessions":
		return func(_ *command, out []byte) ([]byte, error) { return out, nil }
	case "buildInfo", "buildinfo":
		return fixed(bson.D{
			{Key: "version", Value: serverVersion}, {Key: "gitVersion", Value: "embedded"},
			{Key: "modules", Value: bson.A{}}, {Key: "sysInfo", Value: "embedded engine"},
			{Key: "versionArray", Value: bson.A{int32(7), int32(0), int32(0), int32(0)}},
			{Key: "bits", Value: int32(64)}, {Key: "debug", Value: false},
			{Key: "maxBsonObjectSize", Value: int32(maxDocument)},
			{Key: "storageEngines", Value: bson.A{"embedded"}},
		})
	case "connectionStatus":
		return fixed(bson.D{{Key: "authInfo", Value: bson.D{
			{Key: "authenticatedUsers", Value: bson.A{}}, {Key: "authenticatedUserRoles", Value: bson.A{}},
		}}})
	case "getLog":
		return fixed(bson.D{{Key: "totalLinesWritten", Value: int32(0)}, {Key: "log", Value: bson.A{}}})
	case "getCmdLineOpts":
		return fixed(bson.D{{Key: "argv", Value: bson.A{"embedded"}}, {Key: "parsed", Value: bson.D{}}})
	case "getParameter":
		return fixed(bson.D{{Key: "featureCompatibilityVersion", Value: bson.D{{Key: "version", Value: "7.0"}}}})
	case "hostInfo":
		return fixed(bson.D{{Key: "os", Value: bson.D{{Key: "type", Value: runtime.GOOS}}}})
	case "whatsmyuri":
		return (*command).whatsMyURI
	case "serverStatus":
		return (*command).serverStatus
	}
	return nil
}

// fixed answers with a document that never changes.
func fixed(doc bson.D) handler {
	return func(_ *command, out []byte) ([]byte, error) {
		raw, err := bson.Marshal(doc)
		if err != nil {
			return nil, err
		}
		return append(out, raw[4:len(raw)-1]...), nil
	}
}

func (cmd *command) whatsMyURI(out []byte) ([]byte, error) {
	return bsoncore.AppendStringElement(out, "you", cmd.conn.net.RemoteAddr().String()), nil
}

func (cmd *command) serverStatus(out []byte) ([]byte, error) {
	cmd.srv.mu.Lock()
	open := len(cmd.srv.conns)
	cmd.srv.mu.Unlock()
	return fixed(bson.D{
		{Key: "host", Value: cmd.srv.Addr()},
		{Key: "version", Value: serverVersion},
		{Key: "process", Value: "embedded"},
		{Key: "localTime", Value: bson.NewDateTimeFromTime(cmd.srv.now())},
		{Key: "connections", Value: bson.D{{Key: "current", Value: int32(open)}}},
		{Key: "metrics", Value: bson.D{
			{Key: "cursor", Value: bson.D{{Key: "open", Value: bson.D{{Key: "total", Value: int64(cmd.srv.cursors.open())}}}}},
			{Key: "queryExecutor", Value: bson.D{{Key: "scannedObjects", Value: cmd.srv.Examined()}}},
		}},
	})(cmd, out)
}
