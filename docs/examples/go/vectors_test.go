// Runs the stored vectors against the port, without the kit: `go test`.
package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"testing"
)

type vector struct {
	ID          string
	Recommended *bool
	Needs       []string
	Calls       []struct {
		Method  string
		Params  json.RawMessage
		Expect  json.RawMessage // nil: any result is accepted
		Refusal string
	}
}

// vectorsFolder has SECTION/ID.json.
func vectorsFolder() string {
	if folder := os.Getenv("VECTORS"); folder != "" {
		return folder
	}
	return filepath.Join("..", "..", "..", "fixtures", "vectors")
}

func TestVectors(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(vectorsFolder(), "*", "*.json"))
	asked := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		var vector vector
		if err := json.Unmarshal(text, &vector); err != nil {
			t.Fatal(file, err)
		}
		if vector.isForUs() {
			asked++
			t.Run(vector.ID, vector.ask)
		}
	}
	if asked == 0 {
		t.Fatalf("no vector of %s was asked", vectorsFolder())
	}
}

func (vector vector) isForUs() bool {
	claimed := map[string]bool{}
	for _, capability := range capabilities {
		claimed[capability] = true
	}
	for _, need := range vector.Needs {
		if !claimed[need] {
			return false
		}
	}
	return vector.Recommended == nil || *vector.Recommended
}

func (vector vector) ask(t *testing.T) {
	methods := (&Port{}).Methods()
	for position, call := range vector.Calls {
		message, _ := json.Marshal(map[string]any{"id": position, "method": call.Method, "params": call.Params})
		var response struct {
			Result any
			Error  *struct {
				Message string
				Data    struct{ Refusal string }
			}
		}
		if err := json.Unmarshal(answer(methods, message), &response); err != nil {
			t.Fatal(err)
		}
		switch {
		case call.Refusal != "":
			if response.Error == nil || response.Error.Data.Refusal != call.Refusal {
				t.Fatalf("call %d, %s: expected the refusal %s, got %v", position, call.Method, call.Refusal, response)
			}
		case response.Error != nil:
			t.Fatalf("call %d, %s: %s", position, call.Method, response.Error.Message)
		case call.Expect != nil:
			var expected any
			if err := json.Unmarshal(call.Expect, &expected); err != nil || !matches(expected, response.Result) {
				t.Fatalf("call %d, %s: expected %v, got %v", position, call.Method, expected, response.Result)
			}
		}
	}
}

// matches compares the keys that are expected; lists match item by item; {"$": "absent"} is a key that is not there.
func matches(expected, actual any) bool {
	switch expected := expected.(type) {
	case map[string]any:
		fields, isObject := actual.(map[string]any)
		for key, value := range expected {
			got, isThere := fields[key]
			if reflect.DeepEqual(value, map[string]any{"$": "absent"}) == isThere || isThere && !matches(value, got) {
				return false
			}
		}
		return isObject
	case []any:
		items, isList := actual.([]any)
		for i := range expected {
			if len(items) != len(expected) || !matches(expected[i], items[i]) {
				return false
			}
		}
		return isList && len(items) == len(expected)
	}
	return reflect.DeepEqual(expected, actual)
}
