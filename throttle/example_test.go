package throttle_test

import (
	"context"
	"fmt"

	"simplemessenger/throttle"
)

// A reader takes the size of a message before it reads the message, and gives
// it back when the message has been dealt with.
func Example() {
	bytes := throttle.New("dispatch", 100)

	bytes.Get(60, nil)
	fmt.Println("taken:", bytes.Current(), "of", bytes.Max())
	fmt.Println("60 more without waiting:", bytes.TryGet(60))

	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	_, err := bytes.Get(60, ctx.Done())
	fmt.Println("60 more, but the connection is marked down:", err)

	bytes.Put(60)
	fmt.Println("a message larger than the limit:", bytes.TryGet(250))
	fmt.Println("taken:", bytes.Current(), "of", bytes.Max())
	// Output:
	// taken: 60 of 100
	// 60 more without waiting: false
	// 60 more, but the connection is marked down: throttle: canceled while waiting
	// a message larger than the limit: true
	// taken: 250 of 100
}
