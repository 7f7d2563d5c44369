// The pool: loading it, and changing its accounts.
package main

import "math"

var families = []string{"claude", "gemini"}

// loadPool reads the accounts, the index at which rotation starts, and the index of each family.
func loadPool(document any) ([]*Account, int, map[string]int) {
	pool, _ := document.(map[string]any)
	entries, _ := pool["accounts"].([]any)
	accounts := []*Account{}
	for _, entry := range entries {
		fields, _ := entry.(map[string]any)
		if label, _ := fields["refreshToken"].(string); label != "" {
			accounts = append(accounts, loadAccount(label, fields))
		}
	}
	start := index(pool["activeIndex"], 0, len(accounts))
	stored, _ := pool["activeIndexByFamily"].(map[string]any)
	current := map[string]int{}
	for _, family := range families {
		current[family] = index(stored[family], start, len(accounts))
	}
	return accounts, start, current
}

// index reads a stored index of a pool with count accounts.
func index(stored any, otherwise int, count int) int {
	number, isNumber := stored.(float64)
	if !isNumber {
		return otherwise
	}
	if count == 0 {
		return 0
	}
	return int(math.Mod(math.Max(0, math.Trunc(number)), float64(count)))
}

func loadAccount(label string, fields map[string]any) *Account {
	account := &Account{label, fields["enabled"] != false, map[string]float64{}, longAgo}
	if until, isNumber := fields["coolingDownUntil"].(float64); isNumber {
		account.coolingUntil = until
	}
	times, _ := fields["rateLimitResetTimes"].(map[string]any)
	for quota, time := range times {
		if number, isNumber := time.(float64); isNumber {
			account.resets[quota] = number
		}
	}
	return account
}

// find returns the index of the first account with this label.
func (port *Port) find(label string) (int, error) {
	if !port.isOpen {
		return 0, Refusal("not_open")
	}
	for index, account := range port.accounts {
		if account.label == label {
			return index, nil
		}
	}
	return 0, Refusal("unknown_account")
}

func (port *Port) setEnabled(params struct {
	Label   string
	Enabled bool
}) (any, error) {
	changed, err := port.find(params.Label)
	if err != nil {
		return nil, err
	}
	port.accounts[changed].enabled = params.Enabled
	for _, family := range families {
		if !params.Enabled && port.current[family] == changed {
			port.current[family] = port.firstEnabled()
		}
	}
	return nil, nil
}

func (port *Port) firstEnabled() int {
	for index, account := range port.accounts {
		if account.enabled {
			return index
		}
	}
	return noAccount
}

func (port *Port) remove(params struct{ Label string }) (any, error) {
	removed, err := port.find(params.Label)
	if err != nil {
		return nil, err
	}
	port.cursor %= len(port.accounts)
	port.accounts = append(port.accounts[:removed], port.accounts[removed+1:]...)
	if port.cursor > removed {
		port.cursor--
	}
	if port.cursor >= len(port.accounts) {
		port.cursor = 0
	}
	for _, family := range families {
		if port.current[family] > removed {
			port.current[family]--
		}
		if port.current[family] >= len(port.accounts) {
			port.current[family] = noAccount
		}
	}
	return nil, nil
}
