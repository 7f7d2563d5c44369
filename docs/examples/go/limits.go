// Rate limits and cooldowns: which account is available, and how long until the first one is.
package main

import "math"

// Account is one account. It is blocked for a quota until its reset time, and for everything until coolingUntil.
type Account struct {
	label        string
	enabled      bool
	resets       map[string]float64 // by quota
	coolingUntil float64
}

var longAgo = math.Inf(-1)

var styles = []string{"antigravity", "gemini-cli"}

// quotas lists the quotas that a request uses: that of its header style, and that of its model.
func quotas(request Request) []string {
	base := "claude"
	if request.Family == "gemini" && request.Style == "gemini-cli" {
		base = "gemini-cli"
	} else if request.Family == "gemini" {
		base = "gemini-antigravity"
	}
	if request.Family == "gemini" && request.Model != "" {
		return []string{base, base + ":" + request.Model}
	}
	return []string{base}
}

// forget drops what has ended, so that it stays ended if the clock is set back.
func (account *Account) forget(now float64) {
	for quota, reset := range account.resets {
		if reset <= now {
			delete(account.resets, quota)
		}
	}
	if account.coolingUntil <= now {
		account.coolingUntil = longAgo
	}
}

// limitEnd is the time at which the account is no longer rate-limited for the request.
func (account *Account) limitEnd(request Request, now float64) float64 {
	account.forget(now)
	end := longAgo
	for _, quota := range quotas(request) {
		if reset, isLimited := account.resets[quota]; isLimited {
			end = math.Max(end, reset)
		}
	}
	return end
}

func (account *Account) isAvailable(request Request, now float64) bool {
	return account.enabled && account.limitEnd(request, now) <= now && account.coolingUntil <= now
}

func (port *Port) markRateLimited(params struct {
	Request
	Label      string
	RetryAfter float64 `json:"retry_after_ms"`
}) (any, error) {
	index, err := port.find(params.Label)
	if err != nil {
		return nil, err
	}
	all := quotas(params.Request)
	port.accounts[index].resets[all[len(all)-1]] = port.now + params.RetryAfter
	return nil, nil
}

func (port *Port) markCoolingDown(params struct {
	Label    string
	Cooldown float64 `json:"cooldown_ms"`
}) (any, error) {
	index, err := port.find(params.Label)
	if err != nil {
		return nil, err
	}
	port.accounts[index].coolingUntil = port.now + params.Cooldown
	return nil, nil
}

// minWait is the time until the first enabled account is available; Gemini may use either header style.
func (port *Port) minWait(params struct {
	Request
	Strict bool
}) (any, error) {
	if !port.isOpen {
		return nil, Refusal("not_open")
	}
	usable := styles
	if params.Strict && params.Style != "" {
		usable = []string{params.Style}
	}
	wait := math.Inf(1)
	for _, account := range port.accounts {
		if !account.enabled {
			continue
		}
		for _, style := range usable {
			limited := account.limitEnd(Request{params.Family, style, params.Model}, port.now)
			wait = math.Min(wait, math.Max(0, math.Max(limited, account.coolingUntil)-port.now))
		}
	}
	if math.IsInf(wait, 1) {
		wait = 0
	}
	return map[string]any{"wait_ms": wait}, nil
}

func (port *Port) resetLimits(request Request) (any, error) {
	if !port.isOpen {
		return nil, Refusal("not_open")
	}
	for _, account := range port.accounts {
		for _, style := range styles {
			for _, quota := range quotas(Request{request.Family, style, request.Model}) {
				delete(account.resets, quota)
			}
		}
	}
	return nil, nil
}

type labelled struct {
	Request
	Label string
}

func (port *Port) availableHeaderStyle(params labelled) (any, error) {
	index, err := port.find(params.Label)
	if err != nil {
		return nil, err
	}
	for _, style := range styles {
		if params.Family == "claude" && style != "antigravity" {
			break
		}
		if port.accounts[index].limitEnd(Request{params.Family, style, params.Model}, port.now) <= port.now {
			return map[string]any{"header_style": style}, nil
		}
	}
	return map[string]any{"header_style": nil}, nil
}

func (port *Port) hasOtherAccount(params labelled) (any, error) {
	given, err := port.find(params.Label)
	if err != nil {
		return nil, err
	}
	found := false
	for index, account := range port.accounts {
		request := Request{params.Family, "antigravity", params.Model}
		found = found || params.Family == "gemini" && index != given && account.isAvailable(request, port.now)
	}
	return map[string]any{"available": found}, nil
}
