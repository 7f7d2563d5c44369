// A port of the account selection: sticky, round-robin, the PID offset, limits, cooldowns, changes of the pool, waiting.
package main

import "os"

var capabilities = []string{
	"sticky", "pid", "offset", "round-robin", "limits", "header-styles", "clock", "cooldown", "stored-state", "enabled",
	"remove", "min-wait", "strict-wait", "reset-limits", "available-style", "other-account",
}

// Port is one session: a pool, the rotation over it, and a clock.
type Port struct {
	isOpen   bool
	accounts []*Account
	cursor   int            // of the rotation; every strategy uses it
	current  map[string]int // the account of each family; noAccount: none
	moved    map[string]bool
	pid      int
	now      float64
}

const noAccount = -1

// Methods lists the methods by their names on the wire.
func (port *Port) Methods() Methods {
	return Methods{
		"hello":                  Method(port.hello),
		"open":                   Method(port.open),
		"close":                  Method(port.close),
		"advance":                Method(port.advance),
		"select":                 Method(port.choose),
		"mark_rate_limited":      Method(port.markRateLimited),
		"mark_cooling_down":      Method(port.markCoolingDown),
		"set_enabled":            Method(port.setEnabled),
		"remove":                 Method(port.remove),
		"min_wait":               Method(port.minWait),
		"reset_limits":           Method(port.resetLimits),
		"available_header_style": Method(port.availableHeaderStyle),
		"has_other_account":      Method(port.hasOtherAccount),
	}
}

func (port *Port) hello(struct{}) (any, error) {
	return map[string]any{
		"name": "small-port", "version": "1.0.0", "language": "go", "pid": os.Getpid(), "capabilities": capabilities,
	}, nil
}

func (port *Port) open(params struct {
	Pool any
	Pid  *int
	Now  float64 `json:"now_ms"`
}) (any, error) {
	*port = Port{isOpen: true, moved: map[string]bool{}, pid: os.Getpid(), now: params.Now}
	if params.Pid != nil {
		port.pid = *params.Pid
	}
	port.accounts, port.cursor, port.current = loadPool(params.Pool)
	labels := []string{}
	for _, account := range port.accounts {
		labels = append(labels, account.label)
	}
	return map[string]any{"accounts": labels}, nil
}

func (port *Port) close(struct{}) (any, error) {
	port.isOpen = false
	return nil, nil
}

func (port *Port) advance(params struct{ Ms float64 }) (any, error) {
	if !port.isOpen {
		return nil, Refusal("not_open")
	}
	port.now += params.Ms
	return map[string]any{"now_ms": port.now}, nil
}

// Request is what a request needs: its family, header style and model.
type Request struct {
	Family string
	Style  string `json:"header_style"`
	Model  string
}

func (port *Port) choose(params struct {
	Request
	Strategy string
	Offset   bool `json:"pid_offset_enabled"`
}) (any, error) {
	if !port.isOpen {
		return nil, Refusal("not_open")
	}
	switch params.Strategy {
	case "round-robin":
		return port.rotate(params.Request), nil
	case "sticky":
		if params.Offset {
			port.applyOffset(params.Family)
		}
		own := port.current[params.Family]
		if own != noAccount && own < len(port.accounts) && port.accounts[own].isAvailable(params.Request, port.now) {
			return port.shown(own), nil
		}
		return port.rotate(params.Request), nil
	}
	return nil, ErrNotSupported
}

// applyOffset adds the PID to the index of the family: once, and never with a single account.
func (port *Port) applyOffset(family string) {
	count := len(port.accounts)
	if count < 2 || port.moved[family] {
		return
	}
	port.moved[family] = true
	port.current[family] = (max(0, port.current[family]) + port.pid%count) % count
}

// rotate takes the next of the accounts that are available now.
func (port *Port) rotate(request Request) any {
	var available []int
	for index, account := range port.accounts {
		if account.isAvailable(request, port.now) {
			available = append(available, index)
		}
	}
	if len(available) == 0 {
		return nil
	}
	next := available[port.cursor%len(available)]
	port.cursor++
	port.current[request.Family] = next
	return port.shown(next)
}

func (port *Port) shown(index int) any {
	return map[string]any{"label": port.accounts[index].label, "index": index}
}

func max(a, b int) int {
	if a > b {
		return a
	}
	return b
}
