package dynamodb

import (
	"bytes"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
)

// batchBody is a BatchWriteItem of 25 twelve-attribute items.
func batchBody(n int) string {
	var items []string
	for i := n * 25; i < n*25+25; i++ {
		items = append(items, fmt.Sprintf(`{"PutRequest":{"Item":{"pk":{"S":"device-%d"},"sk":{"N":"%d"},"temperature":{"N":"21.53"},"humidity":{"N":"44.1"},"site":{"S":"ams-01"},"ok":{"BOOL":true},"battery":{"N":"3300"},"seq":{"N":"9007199254740993"},"tags":{"L":[{"S":"prod"},{"S":"fw"}]},"note":{"NULL":true},"msg":{"S":%q},"ts":{"N":"1795363155453"}}}}`, i%5000, i, strings.Repeat("x", 60)))
	}
	return `{"RequestItems":{"bench":[` + strings.Join(items, ",") + `]}}`
}

// BenchmarkBatchWriteItem measures the server without the cost of a client.
func BenchmarkBatchWriteItem(b *testing.B) {
	f := start(b)
	f.table("bench", "pk:S", "sk:N")
	var n atomic.Int64
	b.ReportAllocs()
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			req := httptest.NewRequest(http.MethodPost, "/", bytes.NewBufferString(batchBody(int(n.Add(1)))))
			req.Header.Set("X-Amz-Target", targetPrefix+"BatchWriteItem")
			w := httptest.NewRecorder()
			f.server.ServeHTTP(w, req)
			if w.Code != http.StatusOK {
				b.Errorf("answered %d %s", w.Code, w.Body)
			}
		}
	})
	b.ReportMetric(float64(b.N*25)/b.Elapsed().Seconds(), "items/s")
}

// BenchmarkBatchWriteThroughClient is the same through HTTP and the AWS client.
func BenchmarkBatchWriteThroughClient(b *testing.B) {
	f := start(b)
	f.table("bench", "pk:S", "sk:N")
	var n atomic.Int64
	b.SetParallelism(2)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			from := int(n.Add(1)) * 25
			if _, err := f.batch(map[string][]types.WriteRequest{"bench": benchItems(from)}); err != nil {
				b.Error(err)
			}
		}
	})
	b.ReportMetric(float64(b.N*25)/b.Elapsed().Seconds(), "items/s")
}

func benchItems(from int) []types.WriteRequest {
	out := make([]types.WriteRequest, 25)
	for i := range out {
		out[i] = putRequest(attrs{
			"pk": str(fmt.Sprintf("device-%d", (from+i)%5000)), "sk": num(fmt.Sprint(from + i)), "temperature": num("21.53"), "humidity": num("44.1"), "site": str("ams-01"),
			"ok": &types.AttributeValueMemberBOOL{Value: true}, "message": str(strings.Repeat("x", 120)),
		})
	}
	return out
}
