// Package throttle provides a counting throttle: a budget of bytes, messages
// or anything else that is counted, which callers take from before they do
// something and give back when they are done.
//
// It follows the rules of Ceph's Throttle, because a messenger's behaviour
// under load depends on each of them:
//
//   - A limit of 0 is no limit.
//   - A request that fits in the limit waits until it fits in what is left.
//   - A request larger than the limit waits only until what is taken has come
//     down to the limit. It then goes over the limit, once: everybody after it
//     waits. A message larger than the budget is slow, never stuck.
//   - Waiters are served strictly in the order in which they came. A small
//     request does not overtake a large one that waits, or the large one
//     might wait forever.
//
// In one point it differs from the original: a throttle without a limit counts
// too, so that [Throttle.SetMax] may set a limit while something is taken.
//
// # Locks and goroutines
//
// A throttle has one mutex. It is a leaf: nothing is called while it is held,
// not even who waits after [Throttle.Await].
// The package starts no goroutine.
package throttle
