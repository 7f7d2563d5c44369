// The port. Fill it in: each run of the kit prints the next step.
package main

import "os"

// Port has one method for each method of the wire that it answers.
type Port struct {
	accounts []string // the labels; nil while no pool is open
}

// Methods lists the methods by their names on the wire. All others are answered "not supported".
func (port *Port) Methods() Methods {
	return Methods{
		"hello":  Method(port.hello),
		"open":   Method(port.open),
		"select": Method(port.choose),
		"close":  Method(port.close),
	}
}

func (port *Port) hello(struct{}) (any, error) {
	return map[string]any{
		"name": "my-port", "version": "0.1.0", "language": "go", "pid": os.Getpid(),
		"capabilities": []string{"sticky"}, // the kit asks only for what is claimed here
	}, nil
}

func (port *Port) open(params struct{ Pool any }) (any, error) {
	port.accounts = []string{}
	pool, _ := params.Pool.(map[string]any)
	entries, _ := pool["accounts"].([]any)
	for _, entry := range entries {
		fields, _ := entry.(map[string]any)
		label, _ := fields["refreshToken"].(string)
		port.accounts = append(port.accounts, label)
	}
	return map[string]any{"accounts": port.accounts}, nil
}

func (port *Port) choose(params struct{ Family, Strategy string }) (any, error) {
	if port.accounts == nil {
		return nil, Refusal("not_open")
	}
	if params.Strategy != "sticky" {
		return nil, ErrNotSupported
	}
	if len(port.accounts) == 0 {
		return nil, nil
	}
	return map[string]any{"label": port.accounts[0], "index": 0}, nil
}

func (port *Port) close(struct{}) (any, error) {
	port.accounts = nil
	return nil, nil
}
