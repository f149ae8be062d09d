package embedded

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"

	"go.mongodb.org/mongo-driver/v2/bson"
)

// Operation codes of the wire protocol.
const (
	opReply      = 1
	opQuery      = 2004
	opCompressed = 2012
	opMsg        = 2013
)

// Flags of an OP_MSG. The low sixteen must be understood, the others may be
// ignored.
const (
	flagChecksum   = 1 << 0
	flagMoreToCome = 1 << 1
	flagsRequired  = 0xffff
)

const headerSize = 16

// errProtocol is what a client sends that no answer can be given to: the
// connection is closed.
var errProtocol = errors.New("protocol violation")

// message is one request as it came over the wire.
type message struct {
	id     int32
	opCode int32
	body   []byte // what follows the header
}

// sequence is a document sequence, section kind 1 of an OP_MSG: the elements
// of an array that the command's body leaves out.
type sequence struct {
	name string
	docs []bson.Raw
}

// readMessage reads one message. Memory grows with what arrives, never with
// what a length field claims.
func readMessage(r io.Reader) (message, error) {
	var header [headerSize]byte
	if _, err := io.ReadFull(r, header[:]); err != nil {
		return message{}, err
	}
	length := int32(binary.LittleEndian.Uint32(header[0:]))
	if length < headerSize || length > maxMessage {
		return message{}, fmt.Errorf("%w: message length %d", errProtocol, length)
	}
	m := message{
		id:     int32(binary.LittleEndian.Uint32(header[4:])),
		opCode: int32(binary.LittleEndian.Uint32(header[12:])),
	}
	var err error
	m.body, err = readBody(r, int(length)-headerSize)
	return m, err
}

// trustedBody is how much is allocated at once on the word of a length field.
const trustedBody = 256 << 10

func readBody(r io.Reader, size int) ([]byte, error) {
	if size <= trustedBody {
		body := make([]byte, size)
		_, err := io.ReadFull(r, body)
		return body, err
	}
	var grown bytes.Buffer
	grown.Grow(trustedBody)
	if _, err := io.CopyN(&grown, r, int64(size)); err != nil {
		return nil, err
	}
	return grown.Bytes(), nil
}

// parseMsg splits an OP_MSG into its body and document sequences.
func parseMsg(b []byte) (flags uint32, body bson.Raw, seqs []sequence, err error) {
	if len(b) < 5 {
		return 0, nil, nil, fmt.Errorf("%w: OP_MSG is too short", errProtocol)
	}
	flags = binary.LittleEndian.Uint32(b)
	if unknown := flags & flagsRequired &^ (flagChecksum | flagMoreToCome); unknown != 0 {
		return flags, nil, nil, fmt.Errorf("%w: OP_MSG flags %#x", errProtocol, unknown)
	}
	b = b[4:]
	if flags&flagChecksum != 0 {
		if len(b) < 4 {
			return flags, nil, nil, fmt.Errorf("%w: OP_MSG without its checksum", errProtocol)
		}
		b = b[:len(b)-4]
	}
	for len(b) > 0 {
		kind := b[0]
		var section []byte
		if section, b, err = sized(b[1:]); err != nil {
			return flags, nil, nil, err
		}
		switch {
		case kind == 0 && body == nil:
			body = section
		case kind == 1:
			seq, err := parseSequence(section[4:])
			if err != nil {
				return flags, nil, nil, err
			}
			seqs = append(seqs, seq)
		default:
			return flags, nil, nil, fmt.Errorf("%w: OP_MSG section of kind %d", errProtocol, kind)
		}
	}
	if body == nil {
		return flags, nil, nil, fmt.Errorf("%w: OP_MSG without a body", errProtocol)
	}
	return flags, body, seqs, nil
}

// sized cuts off what begins with its own length.
func sized(b []byte) (first, rest []byte, err error) {
	if len(b) < 5 {
		return nil, nil, fmt.Errorf("%w: a section is cut short", errProtocol)
	}
	n := int64(int32(binary.LittleEndian.Uint32(b)))
	if n < 5 || n > int64(len(b)) {
		return nil, nil, fmt.Errorf("%w: a section of length %d", errProtocol, n)
	}
	return b[:n:n], b[n:], nil
}

func parseSequence(b []byte) (sequence, error) {
	end := bytes.IndexByte(b, 0)
	if end < 0 {
		return sequence{}, fmt.Errorf("%w: a document sequence without a name", errProtocol)
	}
	seq := sequence{name: string(b[:end])}
	for b = b[end+1:]; len(b) > 0; {
		var doc []byte
		var err error
		if doc, b, err = sized(b); err != nil {
			return seq, err
		}
		seq.docs = append(seq.docs, doc)
	}
	return seq, nil
}

// parseQuery reads an OP_QUERY, which old handshakes still use.
func parseQuery(b []byte) (ns string, query bson.Raw, err error) {
	if len(b) < 4 {
		return "", nil, fmt.Errorf("%w: OP_QUERY is too short", errProtocol)
	}
	end := bytes.IndexByte(b[4:], 0)
	if end < 0 || len(b) < 4+end+1+8 {
		return "", nil, fmt.Errorf("%w: OP_QUERY is cut short", errProtocol)
	}
	ns = string(b[4 : 4+end])
	query, _, err = sized(b[4+end+1+8:])
	return ns, query, err
}

// startMsg begins an OP_MSG answer in dst; finish fills in its length.
func startMsg(dst []byte, requestID int32) []byte {
	dst = appendHeader(dst[:0], requestID, opMsg)
	return append(dst, 0, 0, 0, 0, 0)
}

// startReply begins an OP_REPLY answer with one document.
func startReply(dst []byte, requestID int32) []byte {
	dst = appendHeader(dst[:0], requestID, opReply)
	dst = binary.LittleEndian.AppendUint32(dst, 8) // AwaitCapable
	dst = binary.LittleEndian.AppendUint64(dst, 0)
	dst = binary.LittleEndian.AppendUint32(dst, 0)
	return binary.LittleEndian.AppendUint32(dst, 1)
}

func appendHeader(dst []byte, requestID, opCode int32) []byte {
	dst = binary.LittleEndian.AppendUint32(dst, 0)
	dst = binary.LittleEndian.AppendUint32(dst, 0)
	dst = binary.LittleEndian.AppendUint32(dst, uint32(requestID))
	return binary.LittleEndian.AppendUint32(dst, uint32(opCode))
}

func finish(msg []byte) []byte {
	binary.LittleEndian.PutUint32(msg, uint32(len(msg)))
	return msg
}
