package wire

import "hash/crc32"

var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// CRC continues the checksum of the protocol over p: crc32c without inversion at either end, so
// that the checksum of nothing is the seed itself. Start with seed 0. The standard library's
// hardware path is used.
func CRC(seed uint32, p []byte) uint32 { return ^crc32.Update(^seed, castagnoli, p) }
