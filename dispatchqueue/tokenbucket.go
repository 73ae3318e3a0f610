package dispatchqueue

// A tokenBucket is what a priority below PriorityLow may spend.
//
// Those priorities share the dispatch goroutine as follows. Every priority that
// has messages queued has a bucket, empty at first. A message costs its size, at
// least MinCost and at most a full bucket. To choose the next message:
//
//  1. Look at the front message of every priority, from the lowest priority up.
//     The first whose bucket holds its cost goes, and the cost is taken out.
//  2. If there is none, the highest priority's goes, and pays nothing.
//  3. Whatever it cost, as many tokens are now given out to the buckets of all
//     priorities that still have messages, in proportion to priority. What a
//     bucket cannot hold is lost.
//
// So a priority p of a sum s of priorities gets p/s of the tokens, can spend no
// more than it gets, and gets its share of the work however busy the higher ones
// are; the highest takes all that the others leave. Looking from below costs the
// higher ones nothing: what a lower one spends it has saved up. With a priority's
// last message its bucket goes too: being idle earns nothing.
type tokenBucket struct {
	tokens int64
	max    int64
}

// mostTokens bounds a bucket such that no product of tokens and a priority below
// PriorityLow overflows.
const mostTokens = int64(1) << 56

func (b *tokenBucket) put(tokens int64)        { b.tokens = min(b.tokens+tokens, b.max) }
func (b *tokenBucket) take(tokens int64)       { b.tokens -= tokens }
func (b *tokenBucket) holds(tokens int64) bool { return tokens <= b.tokens }

// share is what a bucket gets of tokens given out. The one on top lets even
// priority 0 save up for a message some day.
func share(tokens int64, priority, prioritySum int) int64 {
	if prioritySum == 0 {
		return 0
	}
	return tokens*int64(priority)/int64(prioritySum) + 1
}
