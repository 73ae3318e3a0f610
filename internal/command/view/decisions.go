package view

import (
	"regexp"
	"strings"

	"github.com/pkg/errors"

	"simplemessenger/protocol"
)

// decisionRow is a row of the table by which a connect message is answered.
type decisionRow struct {
	Case, Condition, Answer, Effect string
	// File and Line are where it is decided.
	File string
	Line int
}

// decisionTexts says of each row of the table what docs/negotiation.md says, where a test compares
// the two: condition, answer, and what happens to the session that there is.
var decisionTexts = map[protocol.Case][3]string{
	protocol.CaseProtocolVersion: {
		"c.protocol_version is not what we want of this type of peer",
		"BADPROTOVER",
		"–",
	},
	protocol.CaseFeatures: {
		"a feature that we require is missing",
		"FEATURES",
		"–",
	},
	protocol.CaseChallenge: {
		"the credentials need the answer to a challenge",
		"CHALLENGE_AUTHORIZER",
		"–",
	},
	protocol.CaseBadAuthorizer: {
		"the credentials are refused",
		"BADAUTHORIZER",
		"–",
	},
	protocol.CaseFalseType: {
		"the principal is not of the type in c.host_type, and that is not " +
			"CLIENT",
		"BADAUTHORIZER",
		"–",
	},
	protocol.CaseUnknownSession: {
		"no E, c.connect_seq > 0",
		"RESETSESSION",
		"–",
	},
	protocol.CaseNew: {
		"no E, c.connect_seq = 0",
		"READY",
		"–",
	},
	protocol.CaseUnknownBeside: {
		"as unknown session, and another principal has a session at the address",
		"RESETSESSION",
		"– ; the other session goes on",
	},
	protocol.CaseNewBeside: {
		"as new, and another principal has a session at the address",
		"READY",
		"– ; the other session goes on",
	},
	protocol.CaseStaleGlobal: {
		"c.global_seq < E.peer_global_seq",
		"RETRY_GLOBAL with E.peer_global_seq",
		"–",
	},
	protocol.CaseExhausted: {
		"c.connect_seq > 0, and that is 2³²−1, or E has a number at its end",
		"RESETSESSION",
		"–",
	},
	protocol.CaseLossyExisting: {
		"E is lossy",
		"READY",
		"its session is over: reset told",
	},
	protocol.CasePeerRestarted: {
		"c.connect_seq = 0 < E.connect_seq",
		"READY",
		"replaced; with resetcheck, or if E has a number at its end, reset " +
			"first: remote reset told",
	},
	protocol.CaseStaleSession: {
		"c.connect_seq < E.connect_seq",
		"RETRY_SESSION with E.connect_seq + 1",
		"–",
	},
	protocol.CaseBothNew: {
		"both 0, E is OPEN or STANDBY, resetcheck or renounced",
		"READY or SEQ",
		"replaced",
	},
	protocol.CaseSameSession: {
		"equal, E is OPEN or STANDBY",
		"RETRY_SESSION with E.connect_seq + 1",
		"–",
	},
	protocol.CaseRaceIncomingWins: {
		"equal, E is WAIT; or CONNECTING, and the peer's address is lower, or " +
			"E's policy is server",
		"READY or SEQ",
		"replaced",
	},
	protocol.CaseRaceGivesWay: {
		"equal, E is CONNECTING, the peer's address is not lower, but E does " +
			"not insist",
		"READY or SEQ",
		"replaced",
	},
	protocol.CaseRaceExistingWins: {
		"equal, E is CONNECTING, the peer's address is not lower, and E insists",
		"WAIT",
		"must connect: the peer waits for it",
	},
	protocol.CaseSessionLost: {
		"c.connect_seq > E.connect_seq = 0, resetcheck or renounced",
		"RESETSESSION",
		"–",
	},
	protocol.CaseReconnect: {
		"c.connect_seq > E.connect_seq",
		"READY or SEQ",
		"replaced",
	},
}

// sourceFiles are the files in which a connect message is answered, as they are in the module. The
// page has copies of them, which a test compares with the files.
var sourceFiles = map[string]string{"decide.go": "protocol/decide.go",
	"server.go": "internal/handshake/server.go"}

// caseNames finds the identifier of each case in decide.go.
var caseNames = regexp.MustCompile(`(?m)^\t(Case\w+): +"(.*)",$`)

// decisionRows returns the rows in the order in which they are tried.
func decisionRows() ([]decisionRow, error) {
	sources := make(map[string]string)
	for name := range sourceFiles {
		b, err := files.ReadFile("page/source/" + name + ".txt")
		if err != nil {
			return nil, err
		}
		sources[name] = string(b)
	}
	identifiers := make(map[string]string)
	for _, m := range caseNames.FindAllStringSubmatch(sources["decide.go"], -1) {
		identifiers[m[2]] = m[1]
	}
	var rows []decisionRow
	for _, c := range protocol.Cases() {
		text := decisionTexts[c]
		row := decisionRow{Case: c.String(), Condition: text[0], Answer: text[1], Effect: text[2]}
		decided := regexp.MustCompile(`Case: (protocol\.)?` + identifiers[c.String()] + `\b`)
		for _, name := range []string{"decide.go", "server.go"} {
			if at := decided.FindStringIndex(sources[name]); at != nil && row.File == "" {
				row.File = name
				row.Line = strings.Count(sources[name][:at[0]], "\n") + 1
			}
		}
		if row.File == "" || text[0] == "" {
			return nil, errors.Errorf("the row %q is decided nowhere", c)
		}
		rows = append(rows, row)
	}
	return rows, nil
}
