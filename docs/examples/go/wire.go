// The wire: reads calls from standard input and writes the answers to standard output. It needs no change.
package main

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
)

// Refusal is an error that refuses a call: not_open, unknown_account or no_folder.
type Refusal string

func (kind Refusal) Error() string { return string(kind) }

// ErrNotSupported answers a call for a feature that the port does not have.
var ErrNotSupported = errors.New("not supported")

// Methods maps the names of the wire to functions that take the parameters as JSON.
type Methods map[string]func(params json.RawMessage) (any, error)

// Method makes an entry of Methods from a function that takes its parameters as a struct.
func Method[P any](function func(P) (any, error)) func(json.RawMessage) (any, error) {
	return func(given json.RawMessage) (any, error) {
		var params P
		if len(given) > 0 {
			if err := json.Unmarshal(given, &params); err != nil {
				return nil, err
			}
		}
		return function(params)
	}
}

type request struct {
	ID     json.RawMessage `json:"id"`
	Method string          `json:"method"`
	Params json.RawMessage `json:"params"`
}

type failure struct {
	Code    int               `json:"code"`
	Message string            `json:"message"`
	Data    map[string]string `json:"data,omitempty"`
}

// Serve answers the lines of the input until it ends.
func Serve(methods Methods, input io.Reader, output io.Writer) error {
	reader := bufio.NewReader(input)
	for {
		line, err := reader.ReadBytes('\n')
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := output.Write(answerLine(methods, line)); err != nil {
			return err
		}
	}
}

// answerLine answers one request, or a batch in its order.
func answerLine(methods Methods, line []byte) []byte {
	if line = bytes.TrimSpace(line); !bytes.HasPrefix(line, []byte("[")) {
		return append(answer(methods, line), '\n')
	}
	var batch []json.RawMessage
	if err := json.Unmarshal(line, &batch); err != nil {
		return append(respond(nil, nil, &failure{Code: -32700, Message: err.Error()}), '\n')
	}
	answers := make([][]byte, len(batch))
	for i, message := range batch {
		answers[i] = answer(methods, message)
	}
	return append(append([]byte("["), bytes.Join(answers, []byte(","))...), "]\n"...)
}

func answer(methods Methods, message []byte) []byte {
	var call request
	if err := json.Unmarshal(message, &call); err != nil {
		return respond(nil, nil, &failure{Code: -32700, Message: err.Error()})
	}
	result, err := run(methods, call)
	var refusal Refusal
	switch {
	case err == nil:
		return respond(call.ID, result, nil)
	case errors.As(err, &refusal):
		return respond(call.ID, nil, &failure{1, err.Error(), map[string]string{"refusal": string(refusal)}})
	case errors.Is(err, ErrNotSupported):
		return respond(call.ID, nil, &failure{Code: -32601, Message: call.Method + " is not supported"})
	default:
		return respond(call.ID, nil, &failure{Code: -32603, Message: err.Error()})
	}
}

// run calls the method. A panic becomes an error, because it must not end the connection.
func run(methods Methods, call request) (result any, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			fmt.Fprintf(os.Stderr, "%v\n%s", reason, debug.Stack())
			err = fmt.Errorf("panic: %v", reason)
		}
	}()
	function, known := methods[call.Method]
	if !known {
		return nil, ErrNotSupported
	}
	return function(call.Params)
}

func respond(id json.RawMessage, result any, failed *failure) []byte {
	response := map[string]any{"jsonrpc": "2.0", "id": id}
	if failed == nil {
		response["result"] = result
	} else {
		response["error"] = failed
	}
	text, err := json.Marshal(response)
	if err != nil {
		return respond(id, nil, &failure{Code: -32603, Message: err.Error()})
	}
	return text
}
