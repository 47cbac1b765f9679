//go:build real

package dynamodb

import (
	"fmt"
	"strings"
)

func put(sk string, rest string) string {
	return fmt.Sprintf(`{"PutRequest":{"Item":{"pk":{"S":"b"},"sk":{"N":%q}%s}}}`, sk, rest)
}

func del(sk string) string {
	return fmt.Sprintf(`{"DeleteRequest":{"Key":{"pk":{"S":"b"},"sk":{"N":%q}}}}`, sk)
}

func puts(from, to int) string {
	var out []string
	for i := from; i < to; i++ {
		out = append(out, put(fmt.Sprint(i), ""))
	}
	return strings.Join(out, ",")
}

func batchCalls() []call {
	calls := batchWriteCalls()
	key := func(sk string) string { return fmt.Sprintf(`{"pk":{"S":"b"},"sk":{"N":%q}}`, sk) }
	keys := func(n int) string {
		var out []string
		for i := range n {
			out = append(out, key(fmt.Sprint(i)))
		}
		return strings.Join(out, ",")
	}
	for _, tables := range []string{
		`"string-number":{"Keys":[` + key("1") + `,` + key("99") + `]}`, `"string-number":{"Keys":[` + key("1") + `,` + key("1") + `]}`, `"string-number":{"Keys":[` + keys(100) + `]}`, `"string-number":{"Keys":[` + keys(101) + `]}`,
		``, `"string-number":{"Keys":[]}`, `"string-number":{}`, `"missing":{"Keys":[` + key("1") + `]}`, `"string-number":{"Keys":[` + key("1") + `],"ProjectionExpression":"#v","ExpressionAttributeNames":{"#v":"sk"}}`,
		`"string-number":{"Keys":[{"pk":{"S":"b"}}]}`, `"string-number":{"Keys":[{"pk":{"S":"b"},"sk":{"S":"x"}}]}`, `"string-number":{"Keys":[` + key("1") + `],"ProjectionExpression":"foo bar"}`,
		`"string-number":{"Keys":[` + key("1") + `]},"number":{"Keys":[{"pk":{"N":"1000"}},{"pk":{"N":"1001"}}]}`,
	} {
		calls = append(calls, call{op: "BatchGetItem", body: `{"RequestItems":{` + tables + `}}`})
	}
	return append(calls, call{op: "BatchGetItem", body: `{}`},
		call{op: "BatchGetItem", body: `{"RequestItems":{"string-number":{"Keys":[` + key("1") + `,` + key("1.0") + `]}}}`, deviation: "compares number keys as text", wantCode: "ValidationException"})
}

func batchWriteCalls() []call {
	var calls []call
	for _, tables := range []string{
		`"string-number":[` + puts(0, 25) + `]`, `"string-number":[` + del("20") + `,` + put("21", `,"v":{"S":"new"}`) + `]`, `"string-number":[` + puts(0, 26) + `]`, `"string-number":[` + put("1", "") + `,` + put("1.0", "") + `]`, `"string-number":[` + put("1", "") + `,` + del("1") + `]`, `"string-number":[` + del("1") + `,` + del("1") + `]`,
		``, `"string-number":[]`, `"missing":[` + put("1", "") + `]`, `"missing":[` + put("1", "") + `],"string-number":[` + put("x", "") + `]`, `"no":[` + put("1", "") + `]`, `"string-number":[{}]`, `"string-number":[{"PutRequest":{"Item":{"pk":{"S":"b"},"sk":{"N":"1"}}},"DeleteRequest":{"Key":{"pk":{"S":"b"},"sk":{"N":"2"}}}}]`,
		`"string-number":[` + put("50", "") + `,{"DeleteRequest":{"Key":{"pk":{"S":"b"}}}}]`, `"string-number":[` + put("50", "") + `,{"PutRequest":{"Item":{"pk":{"S":"b"}}}}]`, `"string-number":[` + put("50", "") + `,{"PutRequest":{"Item":{"pk":{"S":"b"},"sk":{"S":"x"}}}}]`, `"string-number":[{"PutRequest":{"Item":{"pk":{"S":""},"sk":{"N":"1"}}}}]`,
		`"string-number":[{"PutRequest":{}}]`, `"string-number":[` + put("50", "") + `,` + put("51", `,"v":{"S":"`+strings.Repeat("x", 410000)+`"}`) + `]`, `"string-number":[` + puts(0, 13) + `],"number":[` + strings.TrimSuffix(strings.Repeat(`{"PutRequest":{"Item":{"pk":{"N":"1"}}}},`, 13), ",") + `]`,
		`"string-number":[` + put("NaN", "") + `]`, `"string-number":[{"DeleteRequest":{"Key":{"pk":{"S":"b"},"sk":{"N":"1"},"x":{"N":"1"}}}}]`,
		`"string-number":[` + puts(0, 3) + `],"number":[{"PutRequest":{"Item":{"pk":{"N":"1000"}}}},{"DeleteRequest":{"Key":{"pk":{"N":"1001"}}}}]`,
	} {
		calls = append(calls, call{op: "BatchWriteItem", body: `{"RequestItems":{` + tables + `}}`})
	}
	return append(calls, call{op: "BatchWriteItem", body: `{}`})
}
